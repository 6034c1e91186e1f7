import type { Connection } from "./connection.ts";
import type { Trailers } from "./message-fields.ts";
import type { ResponseHead } from "./response-head.ts";
import type { Stream } from "./stream.ts";
import type { StreamEnd, StreamEvents } from "./stream-events.ts";

/** All that was told of a stream. */
export interface Collected {
  readonly heads: readonly ResponseHead[];
  readonly body: Buffer;
  readonly trailers: Trailers | undefined;
  readonly isComplete: boolean;
  readonly end: StreamEnd;
}

/** Collects what a stream is told of, until its end. */
export class Collector implements StreamEvents {
  readonly heads: ResponseHead[] = [];
  readonly chunks: Buffer[] = [];
  trailers: Trailers | undefined;
  isComplete = false;
  drains = 0;
  end: StreamEnd | undefined;
  readonly #closed = Promise.withResolvers<Collected>();
  readonly collected = this.#closed.promise;

  responded(head: ResponseHead): void {
    this.heads.push(head);
  }

  data(chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  ended(trailers: Trailers | undefined): void {
    this.trailers = trailers;
    this.isComplete = true;
  }

  drained(): void {
    this.drains++;
  }

  closed(end: StreamEnd): void {
    this.end = end;
    const { heads, trailers, isComplete } = this;
    this.#closed.resolve({ heads, body: Buffer.concat(this.chunks), trailers, isComplete, end });
  }
}

/** Opens a stream whose response is read and collected. */
export function collect(
  connection: Connection,
  fields: readonly string[],
): { readonly stream: Stream; readonly reply: Promise<Collected> } {
  const collector = new Collector();
  const stream = connection.open(fields, collector);
  stream.resume();
  return { stream, reply: collector.collected };
}
