/** An escape, by octal or hexadecimal digits or by its letter; a directive; or plain text. */
const part = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))|%([s%])|([^\\%]+)/gsy;

const letters: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  "\\": 92,
  "'": 39,
  '"': 34,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
};

/** The bytes that printf writes for a format and its arguments, as far as commands of this page use it: escapes and `%s`. */
export function printfOutput([format = "", ...given]: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  let used = 0;
  for (const [all, octal, hex, letter, directive, text] of format.matchAll(part)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (letter !== undefined) bytes.push(letters[letter] ?? letter.charCodeAt(0));
    else if (directive === "s") bytes.push(...encoder.encode(given[used++] ?? ""));
    else bytes.push(...encoder.encode(directive === "%" ? "%" : (text ?? all)));
  }
  return Uint8Array.from(bytes);
}
