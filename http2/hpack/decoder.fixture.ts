import assert from "node:assert/strict";
import type { HpackDecoder } from "./decoder.ts";
import { HpackError } from "./hpack-error.ts";
import { writeInteger } from "./integers.ts";

/** Bytes that are written in hexadecimal digits, with or without spaces. */
export const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** What the dynamic table holds, newest first: the only way to see it is to ask for each index. */
export function tableOf(decoder: HpackDecoder, count: number): string[] {
  const indices = Array.from({ length: count }, (_, n) => 0x80 | (62 + n));
  assert.throws(() => decoder.decode(Buffer.from([...indices, 0x80 | (62 + count)])), HpackError);
  return lines(decoder.decode(Buffer.from(indices)).fields);
}

/** Fields in lines, as the RFC writes them. */
export function lines(fields: readonly string[]): string[] {
  return Array.from({ length: fields.length / 2 }, (_, n) => `${fields[2 * n]}: ${fields[2 * n + 1]}`);
}

/** A literal whose value is of `length` octets. */
export function literal(name: string, length: number, flags = 0): Buffer {
  const head = Buffer.alloc(16);
  let offset = writeInteger(head, 0, flags, 0x0f, 0);
  offset = writeInteger(head, offset, 0, 0x7f, name.length);
  offset += head.write(name, offset, "latin1");
  offset = writeInteger(head, offset, 0, 0x7f, length);
  return Buffer.concat([head.subarray(0, offset), Buffer.alloc(length, "x")]);
}
