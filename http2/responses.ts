import type { ConnectionParts } from "./connection-parts.ts";
import { ConnectionError, ErrorCode } from "./frames.ts";
import type { DecodedBlock } from "./hpack/decoder.ts";
import type { Incoming } from "./incoming.ts";
import { parseTrailers, type Trailers } from "./message-fields.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";
import type { Stream } from "./stream.ts";

/** The responses that come to a client. */
export class Responses implements Incoming {
  readonly #connection: ConnectionParts;

  constructor(connection: ConnectionParts) {
    this.#connection = connection;
  }

  opened(id: number): void {
    // RFC 9113 section 8.4: push is disabled.
    throw new ConnectionError(ErrorCode.protocolError, `a server may not open stream ${id}`);
  }

  head(stream: Stream, block: DecodedBlock, endStream: boolean): Trailers | undefined {
    if (block.tooLarge) return this.#malformed(stream, "the fields of a response are too large");
    if (stream.hasResponse) {
      const trailers = endStream ? parseTrailers(block.fields) : "trailers do not end the response";
      return typeof trailers === "string" ? this.#malformed(stream, trailers) : trailers;
    }
    const head = headOf(block);
    if (typeof head === "string") return this.#malformed(stream, head);
    if (head.status < 200) {
      // Section 8.1: an informational head ends nothing.
      if (endStream) return this.#malformed(stream, `the response ends with status ${head.status}`);
    } else {
      stream.hasResponse = true;
      const hasBody = !stream.isHeadRequest && head.status !== 204 && head.status !== 304;
      stream.statedLength = hasBody ? (head.contentLength ?? -1) : 0;
    }
    stream.events?.responded?.(head);
    return undefined;
  }

  mayHaveData(stream: Stream): boolean {
    return stream.hasResponse;
  }

  #malformed(stream: Stream, message: string): undefined {
    stream.fail(ErrorCode.protocolError, message);
    this.#connection.faulty();
  }
}

/** A block that came before brings its head with it. */
function headOf(block: DecodedBlock): ResponseHead | string {
  if (block.head !== undefined) return block.head as ResponseHead;
  const head = parseResponseHead(block.fields);
  if (typeof head !== "string") block.head = head;
  return head;
}
