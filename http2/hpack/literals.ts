import { writeInteger } from "./integers.ts";

/** Writes the first octet of a literal with the name: by its index, or spelled out where that is 0. Returns the offset behind it. */
export function writeName(
  name: string,
  index: number,
  flags: number,
  mask: number,
  into: Buffer,
  offset: number,
): number {
  offset = writeInteger(into, offset, flags, mask, index);
  return index > 0 ? offset : writeString(name, into, offset);
}

/** Writes a string literal, never Huffman-coded (RFC 7541 section 5.2). Returns the offset behind it. */
export function writeString(text: string, into: Buffer, offset: number): number {
  offset = writeInteger(into, offset, 0, 0x7f, text.length);
  return offset + into.write(text, offset, "latin1");
}
