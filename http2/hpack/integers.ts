import { HpackError } from "./hpack-error.ts";

/**
 * The most octets of an integer, prefix included; four of 7 bits hold what is below 2^28. RFC 7541 section 5.1 asks for
 * a bound: leading zeros could go on for ever.
 */
const maxOctets = 5;

/** A place in a field block that moves on as the block is read. */
export class Cursor {
  bytes: Buffer;
  at = 0;
  /** One after the block's last octet. */
  end: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.end = bytes.length;
  }
}

/**
 * Reads an integer (RFC 7541 section 5.1) whose first octet ends in a prefix with as many ones as `mask`.
 *
 * Throws an {@link HpackError} where the block ends within it, and where it is longer than 5 octets.
 */
export function readInteger(cursor: Cursor, mask: number): number {
  const { bytes, end } = cursor;
  if (cursor.at >= end) throw new HpackError("a field block ends where an integer is due");
  let value = (bytes[cursor.at++] as number) & mask;
  if (value < mask) return value;
  for (let shift = 0; shift < 7 * (maxOctets - 1); shift += 7) {
    if (cursor.at >= end) throw new HpackError("a field block ends within an integer");
    const octet = bytes[cursor.at++] as number;
    value += (octet & 0x7f) << shift;
    if (octet < 0x80) return value;
  }
  throw new HpackError(`an integer has more than ${maxOctets} octets`);
}

/** Writes an integer below 2^28 behind the bits `flags` of its first octet; returns the offset after it. */
export function writeInteger(into: Uint8Array, offset: number, flags: number, mask: number, value: number): number {
  if (value < mask) {
    into[offset] = flags | value;
    return offset + 1;
  }
  into[offset++] = flags | mask;
  let rest = value - mask;
  while (rest >= 0x80) {
    into[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[offset] = rest;
  return offset + 1;
}
