import type { DescField, Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Codec, withForms } from "../../protocol/codec.ts";
import type { Envelope } from "../../protocol/envelope.ts";
import type { Batch } from "../lanes/reply-stream.ts";
import type { MessageReader } from "../lanes/request-stream.ts";
import type { Serialize } from "./rest-codec.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;

/** A line of JSON a message: https://jsonlines.org */
export function createLinesCodec(serialize: Serialize): Codec {
  return withForms({
    name: "lines",
    parse: notParsed,
    weigh: notParsed,
    serialize: message => Buffer.concat([serialize(message), Buffer.of(newline)]),
  });
}

/**
 * An event a message (https://html.spec.whatwg.org/multipage/server-sent-events.html), whose id is a field's value. Where
 * that is empty there is no id: an empty one would make a browser forget the one before.
 */
export function createEventsCodec(serialize: Serialize, id: DescField | undefined): Codec {
  return withForms({
    name: "events",
    parse: notParsed,
    weigh: notParsed,
    serialize(message) {
      return Buffer.concat([Buffer.from(`${idLine(message, id)}data: `), serialize(message), Buffer.from("\n\n")]);
    },
  });
}

/** An event of a type of its own. JSON has no line breaks, which would end its line. */
export function eventOf(type: string, json: unknown): Buffer {
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify(json)}\n\n`);
}

function idLine(message: Message, id: DescField | undefined): string {
  const value = id && (message as unknown as Record<string, unknown>)[id.localName];
  // NUL makes a browser ignore the id, and a line break would end it.
  return typeof value === "string" && value !== "" && !/[\0\r\n]/.test(value) ? `id: ${value}\n` : "";
}

function notParsed(): never {
  throw new ConnectError("this codec is for replies", Code.Internal);
}

/** Messages that need nothing between them to be told apart. */
export class PlainBatch implements Batch {
  #messages: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(_flags: number, data: Uint8Array): void {
    this.#messages.push(data);
    this.#size += data.length;
  }

  take(): Uint8Array | undefined {
    if (this.#size === 0) return undefined;
    const [first] = this.#messages;
    const bytes = this.#messages.length === 1 ? first : Buffer.concat(this.#messages, this.#size);
    this.#messages = [];
    this.#size = 0;
    return bytes;
  }
}

/** Splits a body into its lines; empty ones are left out, and the last one needs no end. */
export class LineReader implements MessageReader {
  readonly #limit: number;
  /** What was received and not read, the first `#searched` bytes of it without an end of line. */
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #searched = 0;
  #ended = false;

  /** Lines above `limit` bytes are refused. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get buffered(): number {
    return this.#buffered;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  end(): void {
    this.#ended = true;
  }

  /** Throws RESOURCE_EXHAUSTED as soon as a line is longer than the limit. */
  read(): Envelope | undefined {
    for (;;) {
      const line = this.#readLine();
      if (line === undefined) return undefined;
      const length = line.at(-1) === carriageReturn ? line.length - 1 : line.length;
      if (length > 0) return { flags: 0, data: line.subarray(0, length) };
    }
  }

  #readLine(): Uint8Array | undefined {
    const length = this.#lineLength();
    if ((length ?? this.#buffered) > this.#limit) {
      const text = `a line is larger than configured readMaxBytes ${this.#limit}`;
      throw new ConnectError(text, Code.ResourceExhausted);
    }
    if (length !== undefined) return this.#take(length, length + 1);
    return this.#ended && this.#buffered > 0 ? this.#take(this.#buffered, this.#buffered) : undefined;
  }

  /** Bytes before the next end of line; undefined where there is none yet. Each byte is looked at once. */
  #lineLength(): number | undefined {
    let before = 0;
    for (const chunk of this.#chunks) {
      if (before + chunk.length > this.#searched) {
        const at = chunk.indexOf(newline, Math.max(0, this.#searched - before));
        if (at >= 0) return before + at;
      }
      before += chunk.length;
    }
    this.#searched = before;
    return undefined;
  }

  /** The first `length` bytes; the first `used` are gone then. */
  #take(length: number, used: number): Uint8Array {
    const [first = new Uint8Array(0)] = this.#chunks;
    const whole = used <= first.length ? first : Buffer.concat(this.#chunks, this.#buffered);
    const rest = whole.subarray(used);
    const others = whole === first ? this.#chunks.slice(1) : [];
    this.#chunks = rest.length > 0 ? [rest, ...others] : others;
    this.#buffered -= used;
    this.#searched = 0;
    return whole.subarray(0, length);
  }
}
