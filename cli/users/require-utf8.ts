import { isUtf8 } from "node:buffer";
import { LineError } from "./line.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Passes on bytes that are UTF-8. Throws {@link LineError} at the first line that is not: its letters would be stored as
 * replacement characters, which nobody could turn back.
 */
export async function* requireUtf8(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let line = 1;
  let last = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length - unfinished(bytes);
    const whole = bytes.subarray(0, end);
    rest = bytes.subarray(end);
    const good = isUtf8(whole);
    let begin = 0;
    for (let index = 0; index < end; index++) {
      const byte = whole[index] ?? 0;
      // "\r\n" ends one line.
      if (byte === carriageReturn || (byte === lineFeed && last !== carriageReturn)) {
        if (!good && !isUtf8(whole.subarray(begin, index))) throw notUtf8(line);
        begin = index;
        line++;
      }
      last = byte;
    }
    if (!good) throw notUtf8(line);
    yield whole;
  }
  if (rest.length > 0) throw notUtf8(line);
}

function notUtf8(line: number): LineError {
  return new LineError(line, 'holds bytes that are not UTF-8; save the file as UTF-8 (spreadsheets: "CSV UTF-8")');
}

/** How many bytes at the end begin a character whose others are to come, 0 to 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? back : 0;
  }
  return 0;
}
