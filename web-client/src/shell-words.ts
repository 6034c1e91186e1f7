/** Quotes `text` so that a POSIX shell passes on exactly that, whatever is in it (POSIX.1-2024, XCU 2.2.2). */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes `text` only where a shell would read something into it, such as the brackets of an IPv6 address. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text);
}

/** Bytes as octal escapes for printf's format, which every shell has. */
export function printfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, byte => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** Bytes that a word of a shell can hold when nothing quotes them, with the escapes of `$'…'` by their letter. */
const ansiEscapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  e: "\u001b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** `$'…'` has these, too: octal, hexadecimal and Unicode. */
const ansiNumber = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3}))/y;

/**
 * Splits a command line into words, as a POSIX shell and bash do: quotes, backslashes, lines that go on, `$'…'`. Nothing is
 * expanded. Throws where a quote has no end.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  function upTo(quote: string): string {
    const end = line.indexOf(quote, at);
    if (end === -1) throw new Error(`a ${quote} has no end`);
    const text = line.slice(at, end);
    at = end + 1;
    return text;
  }
  while (at < line.length) {
    const char = line.charAt(at++);
    if (char === "\\") {
      const next = line.charAt(at++);
      // An escaped line break joins two lines; Windows has two characters there.
      if (next === "\r" && line.charAt(at) === "\n") at++;
      else if (next !== "\n") word = (word ?? "") + next;
    } else if (char === "'") word = (word ?? "") + upTo("'");
    else if (char === '"') [word, at] = doubleQuoted(line, at, word ?? "");
    else if (char === "$" && line.charAt(at) === "'") [word, at] = ansiQuoted(line, at + 1, word ?? "");
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function doubleQuoted(line: string, from: number, before: string): [word: string, at: number] {
  let word = before;
  for (let at = from; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === '"') return [word, at + 1];
    const next = line.charAt(at + 1);
    if (char !== "\\" || !'$`"\\\n'.includes(next)) word += char;
    else {
      if (next !== "\n") word += next;
      at++;
    }
  }
  throw new Error('a " has no end');
}

/** https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html */
function ansiQuoted(line: string, from: number, before: string): [word: string, at: number] {
  let word = before;
  let at = from;
  while (at < line.length) {
    const char = line.charAt(at);
    if (char === "'") return [word, at + 1];
    ansiNumber.lastIndex = at;
    const number = ansiNumber.exec(line);
    if (number) {
      const [whole, hex, short, long, octal] = number;
      const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "", 16) : Number.parseInt(octal, 8);
      word += code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      at += whole.length;
    } else if (char === "\\") {
      const next = line.charAt(at + 1);
      word += ansiEscapes[next] ?? next;
      at += 2;
    } else {
      word += char;
      at++;
    }
  }
  throw new Error("a $' has no end");
}
