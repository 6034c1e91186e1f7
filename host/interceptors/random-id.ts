import { randomFillSync } from "node:crypto";

/** Ids that are made at a time. */
const count = 256;
const idBytes = 16;
const idLength = 36;

const digits = Buffer.from("0123456789abcdef");
const random = Buffer.alloc(count * idBytes);
const text = Buffer.alloc(count * idLength);
let ids = "";
let next = count;

/** A random UUID, RFC 9562 section 5.4, as `crypto.randomUUID` makes it: one for each call costs less where many are made at a time. */
export function randomId(): string {
  if (next === count) {
    randomFillSync(random);
    for (let i = 0; i < count; i++) writeId(i * idBytes, i * idLength);
    ids = text.toString("latin1");
    next = 0;
  }
  const start = next++ * idLength;
  return ids.slice(start, start + idLength);
}

/** Writes the id of the 16 random bytes at `from`. */
function writeId(from: number, to: number): void {
  // Version and variant.
  random[from + 6] = ((random[from + 6] as number) & 0x0f) | 0x40;
  random[from + 8] = ((random[from + 8] as number) & 0x3f) | 0x80;
  for (let i = 0; i < idBytes; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text[to++] = 0x2d;
    const byte = random[from + i] as number;
    text[to++] = digits[byte >> 4] as number;
    text[to++] = digits[byte & 0x0f] as number;
  }
}
