/** By octet what it may be part of, as bits; characters above are part of nothing. */
const table = new Uint8Array(256);

const tokenBit = 1;
const lowerTokenBit = 2;
const valueBit = 4;
const pathBit = 8;
const authorityBit = 16;
const printableBit = 32;

function mark(bit: number, characters: string): void {
  for (const character of characters) table[character.charCodeAt(0)] = (table[character.charCodeAt(0)] as number) | bit;
}

function range(from: number, to: number): string {
  return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, n) => from + n));
}

const digits = range(0x30, 0x39);
const lower = range(0x61, 0x7a);
const upper = range(0x41, 0x5a);
mark(tokenBit | lowerTokenBit, `!#$%&'*+-.^_\`|~${digits}${lower}`);
mark(tokenBit, upper);
mark(valueBit, `\t${range(0x20, 0x7e)}${range(0x80, 0xff)}`);
mark(pathBit, range(0x21, 0x7e));
mark(printableBit, range(0x20, 0x7e));
mark(authorityBit, `-._~!$&'()*+,;=:[]%${digits}${lower}${upper}`);

function consistsOf(text: string, bit: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // The lookup of what is above the table is undefined, which has no bit.
    if (((table[code] as number) & bit) === 0) return false;
  }
  return true;
}

/** Whether a text is a token, as methods and HTTP/1.1's field names are (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return text.length > 0 && consistsOf(text, tokenBit);
}

/** Whether a text is a field name of HTTP/2: a token without upper-case letters (RFC 9113 section 8.2.1; CVE-2019-9516). */
export function isLowerToken(text: string): boolean {
  return text.length > 0 && consistsOf(text, lowerTokenBit);
}

/**
 * Whether a text is a field value: octets without controls but the tab, without blanks at its ends (RFC 9110 section 5.5).
 *
 * RFC 9113 section 8.2.1 asks for no more than NUL, CR and LF, and lets the rest of RFC 9110's rule be enforced.
 */
export function isFieldValue(text: string): boolean {
  const { length } = text;
  if (length === 0) return true;
  return text.charCodeAt(0) > 0x20 && text.charCodeAt(length - 1) > 0x20 && consistsOf(text, valueBit);
}

/** Whether a text consists of visible ASCII characters, as the target of a request does. */
export function isVisible(text: string): boolean {
  return text.length > 0 && consistsOf(text, pathBit);
}

/** Whether a text consists of printable ASCII characters, blanks among them. */
export function isPrintable(text: string): boolean {
  return consistsOf(text, printableBit);
}

/** Whether a text may be host and port; user information with its `@` may not be there (RFC 9113 section 8.3.1). */
export function isAuthority(text: string): boolean {
  return text.length > 0 && consistsOf(text, authorityBit);
}

/** The most digits of a length that a number holds exactly. */
const maxLengthDigits = 15;

/** The value of a `content-length`, of 1 to 15 digits (RFC 9110 section 8.6); -1 for anything else. */
export function parseLength(text: string): number {
  if (text.length === 0 || text.length > maxLengthDigits) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
  }
  return value;
}
