import type { JsonValue } from "@bufbuild/protobuf";
import {
  compressedFlag,
  EnvelopeReader,
  endStreamFlag,
  prefixBytes,
  trailerFlag,
  writePrefix,
} from "../../../../protocol/envelope.ts";
import type { CallLog } from "./call-log.ts";
import type { Encoding, Headers, ReplyHead } from "./call-record.ts";
import type { CallPlan } from "./plan.ts";
import { connectStatus, failure, grpcStatus, httpFailure, okStatus, restStatus, type Status } from "./status.ts";
import { isFramed } from "./wire-request.ts";

/** Reads the body of one call's reply into its log, however the bytes are cut. */
export interface ReplyReader {
  push(chunk: Uint8Array): void;
  /** The reply is complete; `trailers` are HTTP's, which gRPC has. Ends the call in the log. */
  finish(trailers?: Headers): void;
}

/** Larger messages are refused: a page that holds several of them is none any more. */
const maxMessageBytes = 64 * 1024 * 1024;

/** A reply's status and headers. */
type Head = Pick<ReplyHead, "status" | "headers">;

/** Logs the head of a reply, and returns the reader for what follows it in the plan's protocol. */
export function readReplyHead(plan: CallPlan, log: CallLog, head: Head): ReplyReader {
  log.replied(head);
  // What a protocol with envelopes refuses at once, or a proxy does in its name, is a whole body.
  if (isFramed(plan) && head.status === 200) return new FramedReply(plan, log, head);
  const lines = plan.protocol === "rest" && plan.method.kind === "server_streaming" && head.status === 200;
  return lines ? new LinesReply(log) : new WholeReply(plan, log, head);
}

/** Connect's streams, gRPC-Web and gRPC: messages and the end in envelopes. */
class FramedReply implements ReplyReader {
  readonly #plan: CallPlan;
  readonly #log: CallLog;
  readonly #reader = new EnvelopeReader(maxMessageBytes);
  readonly #encoding: Encoding;
  readonly #headers: Headers;
  #end: Status | undefined;

  constructor(plan: CallPlan, log: CallLog, { headers }: Head) {
    this.#plan = plan;
    this.#log = log;
    this.#headers = headers;
    this.#encoding = plan.protocol === "connect-json" ? "json" : "proto";
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    for (let next = this.#reader.read(); next; next = this.#reader.read()) this.#envelope(next.flags, next.data);
  }

  finish(trailers: Headers = []): void {
    if (trailers.length > 0) this.#log.trailed({ fields: trailers, bytes: new Uint8Array() });
    const { registry } = this.#plan;
    // A reply without messages may have its status in the headers ("Trailers-Only").
    const end = this.#end ?? grpcStatus(trailers, registry) ?? grpcStatus(this.#headers, registry);
    this.#log.ended(end ?? failure("internal", "the reply has no end: it was cut"));
  }

  #envelope(flags: number, data: Uint8Array): void {
    const bytes = new Uint8Array(prefixBytes + data.length);
    writePrefix(bytes, 0, flags, data.length);
    bytes.set(data, prefixBytes);
    if (flags & compressedFlag) this.#end = failure("internal", "the reply is compressed, which nobody asked for");
    else if (flags & trailerFlag) this.#trailers(bytes, parseTrailers(data));
    else if (flags & endStreamFlag) this.#endOfStream(bytes, readJson(data));
    else this.#log.received({ bytes, payloadAt: prefixBytes, encoding: this.#encoding });
  }

  #trailers(bytes: Uint8Array, fields: Headers): void {
    this.#log.trailed({ fields, bytes });
    this.#end = grpcStatus(fields, this.#plan.registry);
  }

  /** https://connectrpc.com/docs/protocol#error-end-stream */
  #endOfStream(bytes: Uint8Array, json: JsonValue | undefined): void {
    const { error, metadata = {} } = (json ?? {}) as { error?: JsonValue; metadata?: Record<string, string[]> };
    const fields = Object.entries(metadata).flatMap(([name, values]) => values.map(value => [name, value] as const));
    this.#log.trailed({ fields, bytes });
    this.#end = error === undefined ? okStatus : (connectStatus(error, this.#plan.registry) ?? failure("unknown", ""));
  }
}

/** A body that is one message, or an error in JSON. */
class WholeReply implements ReplyReader {
  readonly #plan: CallPlan;
  readonly #log: CallLog;
  readonly #chunks: Uint8Array[] = [];
  readonly #head: Head;

  constructor(plan: CallPlan, log: CallLog, head: Head) {
    this.#plan = plan;
    this.#log = log;
    this.#head = head;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  finish(): void {
    const bytes = join(this.#chunks);
    const { protocol, registry } = this.#plan;
    const encoding = protocol === "connect-proto" ? "proto" : "json";
    const { status, headers } = this.#head;
    if (status >= 200 && status < 300) {
      this.#log.received({ bytes, payloadAt: 0, encoding });
      const fields = headers.flatMap(([name, value]) =>
        name.startsWith("trailer-") ? [[name.slice("trailer-".length), value] as const] : [],
      );
      if (fields.length > 0) this.#log.trailed({ fields, bytes: new Uint8Array() });
      this.#log.ended(okStatus);
      return;
    }
    const json = readJson(bytes);
    const told = grpcStatus(headers, registry) ?? connectStatus(json, registry) ?? restStatus(json);
    this.#log.ended(told ?? httpFailure(status));
  }
}

/** Plain HTTP's streams: a line of JSON each, the error as the last. */
class LinesReply implements ReplyReader {
  readonly #log: CallLog;
  #rest: Uint8Array[] = [];
  #error: Status | undefined;

  constructor(log: CallLog) {
    this.#log = log;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      this.#rest.push(chunk.subarray(from, at + 1));
      this.#line(join(this.#rest));
      this.#rest = [];
      from = at + 1;
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
  }

  finish(): void {
    if (this.#rest.length > 0) this.#line(join(this.#rest));
    this.#log.ended(this.#error ?? okStatus);
  }

  #line(bytes: Uint8Array): void {
    const error = restStatus(readJson(bytes));
    if (error) this.#error = error;
    else this.#log.received({ bytes, payloadAt: 0, encoding: "json" });
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (first && chunks.length === 1) return first;
  const joined = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function readJson(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
  } catch {
    return undefined;
  }
}

/** A field a line, as HTTP/1.1 writes them. */
function parseTrailers(data: Uint8Array): Headers {
  const lines = new TextDecoder().decode(data).split("\r\n");
  return lines.flatMap(line => {
    const colon = line.indexOf(":");
    return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const] : [];
  });
}
