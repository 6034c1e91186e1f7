import type { DescMessage } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

/** How deep messages may be within each other: protobuf's usual bound, and the decoder's own. */
const maxDepth = 100;

/** Wire types, https://protobuf.dev/programming-guides/encoding/#structure. */
const wire = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** The message types of a message's fields, by number; of all others nothing needs to be known. */
type Plan = ReadonlyMap<number, Plan>;

const opaque: Plan = new Map();

/**
 * Counts what a message in Protobuf's binary form decodes to: each field and list item as one, each message as two. What is
 * packed costs no more than its bytes, and is not counted. Stops, and throws INVALID_ARGUMENT, above the bound; what is no
 * message ends the count, for the decoder to say so.
 */
export type CountBinary = (bytes: Uint8Array, max: number) => number;

/** Prepares the count for messages of a type. */
export function createCountBinary(schema: DescMessage): CountBinary {
  const plan = planOf(schema, new Map());
  return (bytes, max) => new Count(bytes, max, schema).run(plan);
}

function planOf(schema: DescMessage, plans: Map<DescMessage, Plan>): Plan {
  const known = plans.get(schema);
  if (known) return known;
  const plan = new Map<number, Plan>();
  plans.set(schema, plan);
  for (const { number, message, fieldKind } of schema.fields) {
    if (message === undefined) continue;
    const within = planOf(message, plans);
    // An entry of a map is a message with the value as its second field.
    plan.set(number, fieldKind === "map" ? new Map([[2, within]]) : within);
  }
  return plan;
}

class Count {
  readonly #bytes: Uint8Array;
  readonly #max: number;
  readonly #schema: DescMessage;
  #at = 0;
  #count = 0;
  /** Number of the field of the outermost message that is being read. */
  #field = 0;

  constructor(bytes: Uint8Array, max: number, schema: DescMessage) {
    this.#bytes = bytes;
    this.#max = max;
    this.#schema = schema;
  }

  run(plan: Plan): number {
    this.#message(plan, this.#bytes.length, 1);
    return this.#count;
  }

  /** Reads fields up to `end`, or to the end of a group. */
  #message(plan: Plan, end: number, depth: number): void {
    if (depth > maxDepth) throw invalid(`messages are nested more than ${maxDepth} deep`);
    while (this.#at < end) {
      const tag = this.#varint();
      const number = tag >>> 3;
      if (depth === 1) this.#field = number;
      this.#add(1);
      switch (tag & 7) {
        case wire.varint:
          this.#varint();
          break;
        case wire.fixed64:
          this.#at += 8;
          break;
        case wire.bytes:
          this.#lengthDelimited(plan.get(number), end, depth);
          break;
        case wire.startGroup:
          this.#add(1);
          this.#message(plan.get(number) ?? opaque, end, depth + 1);
          break;
        case wire.endGroup:
          return;
        case wire.fixed32:
          this.#at += 4;
          break;
        default:
          this.#at = this.#bytes.length;
      }
    }
  }

  #lengthDelimited(within: Plan | undefined, end: number, depth: number): void {
    const length = this.#varint();
    const next = Math.min(this.#at + length, end);
    if (within !== undefined) {
      this.#add(1);
      this.#message(within, next, depth + 1);
    }
    this.#at = next;
  }

  #add(count: number): void {
    this.#count += count;
    if (this.#count <= this.#max) return;
    const field = this.#schema.fields.find(({ number }) => number === this.#field);
    const where = field ? `, up to one in ${field.name}` : "";
    throw invalid(`message has more than ${this.#max} fields, list items and messages${where}`);
  }

  /** The lower 32 bits of it. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80 || shift === 63) return value >>> 0;
    }
  }
}

function invalid(text: string): ConnectError {
  return new ConnectError(text, Code.InvalidArgument);
}
