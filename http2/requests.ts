import type { ConnectionParts } from "./connection-parts.ts";
import { ConnectionError, ErrorCode } from "./frames.ts";
import type { DecodedBlock } from "./hpack/decoder.ts";
import type { Incoming } from "./incoming.ts";
import { parseTrailers, type Trailers } from "./message-fields.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";
import { Stream } from "./stream.ts";

/** Stands for a head that was too large to be read. */
const unreadHead: RequestHead = Object.freeze({
  method: "",
  path: "",
  scheme: "",
  authority: "",
  headers: Object.freeze({}),
  rawHeaders: Object.freeze([]),
  contentLength: undefined,
  route: undefined,
});

/** Replies of the engine's own: the request needs no look at what is served. */
const replies = {
  methodNotAllowed: Object.freeze([":status", "405"]),
  expectationFailed: Object.freeze([":status", "417"]),
  headTooLarge: Object.freeze([":status", "431"]),
};

/** The requests that come to a server, and those that do not get in. */
export class Requests implements Incoming {
  readonly #connection: ConnectionParts;
  readonly #maxStreams: number;

  constructor(connection: ConnectionParts, maxStreams: number) {
    this.#connection = connection;
    this.#maxStreams = maxStreams;
  }

  opened(id: number, block: DecodedBlock, endStream: boolean): void {
    const connection = this.#connection;
    // RFC 9113 section 5.1.1.
    if ((id & 1) === 0) throw new ConnectionError(ErrorCode.protocolError, `a client may not open stream ${id}`);
    connection.streams.lastPeerId = id;
    connection.floods.opened();
    if (connection.shutdown.ignores(id)) {
      connection.streams.remember(id, true);
      return;
    }
    if (this.#isFull()) {
      // Before the peer knows the limit it is not to blame (section 5.1.2).
      this.#reset(id, ErrorCode.refusedStream, connection.isSettled);
      return;
    }
    const head = block.tooLarge ? unreadHead : headOf(block);
    if (typeof head === "string") {
      this.#reset(id, ErrorCode.protocolError, true);
      return;
    }
    this.#open(id, head, endStream);
  }

  #isFull(): boolean {
    const { streams, starts } = this.#connection;
    if (streams.size >= this.#maxStreams) return true;
    // Calls go on for a while after their streams were reset.
    return starts.count >= 2 * this.#maxStreams;
  }

  #reset(id: number, code: number, isFault: boolean): void {
    const connection = this.#connection;
    connection.streams.remember(id, true);
    connection.outbound.reset(id, code);
    if (isFault) connection.faulty();
  }

  #open(id: number, head: RequestHead, endStream: boolean): void {
    const connection = this.#connection;
    const stream = new Stream(connection, id, head);
    connection.streams.add(stream);
    connection.wake();
    stream.statedLength = head.contentLength ?? -1;
    if (endStream && !stream.receiveEnd(undefined)) {
      stream.fail(ErrorCode.protocolError, "the body is not as long as its content-length");
      connection.faulty();
      return;
    }
    const refusal = refusalOf(head);
    if (refusal === undefined) {
      connection.starts.add(stream);
      return;
    }
    stream.respond(refusal, undefined, true);
    if (refusal === replies.headTooLarge) connection.faulty();
  }

  head(stream: Stream, block: DecodedBlock, endStream: boolean): Trailers | undefined {
    // RFC 9113 section 8.1: a second head ends the request.
    const trailers =
      block.tooLarge || !endStream ? "trailers are too large, or do not end" : parseTrailers(block.fields);
    if (typeof trailers !== "string") return trailers;
    stream.fail(ErrorCode.protocolError, trailers);
    this.#connection.faulty();
    return undefined;
  }

  mayHaveData(): boolean {
    return true;
  }
}

/** A block that came before brings its head with it. */
function headOf(block: DecodedBlock): RequestHead | string {
  if (block.head !== undefined) return block.head as RequestHead;
  const head = parseRequestHead(block.fields);
  if (typeof head !== "string") block.head = head;
  return head;
}

function refusalOf(head: RequestHead): readonly string[] | undefined {
  if (head === unreadHead) return replies.headTooLarge;
  if (head.method === "CONNECT") return replies.methodNotAllowed;
  const { expect } = head.headers;
  if (expect === undefined || (typeof expect === "string" && expect.toLowerCase() === "100-continue")) return undefined;
  return replies.expectationFailed;
}
