import type { ConnectionParts } from "./connection-parts.ts";
import { maxInt31 } from "./frames.ts";
import { Stream } from "./stream.ts";
import type { StreamEvents } from "./stream-events.ts";

const none: readonly Stream[] = Object.freeze([]);

/** Opens a client's streams, as many at once as the peer allows (RFC 9113 section 5.1.2); others wait in line. */
export class Opener {
  readonly #connection: ConnectionParts;
  /** Those in line; none on a server. */
  #waiting: Stream[] | undefined = undefined;

  constructor(connection: ConnectionParts) {
    this.#connection = connection;
  }

  get #line(): number {
    return this.#waiting?.length ?? 0;
  }

  /** Whether a stream opened now is sent at once. */
  get hasRoom(): boolean {
    return this.#line === 0 && this.#connection.streams.size < this.#connection.peer.maxStreams;
  }

  /** Whether ids are left; one connection has a thousand million of them (section 5.1.1). */
  get hasIds(): boolean {
    return this.#connection.streams.nextOwnId + 2 * this.#line < maxInt31;
  }

  /** Sends a request's head, or has it wait. */
  open(fields: readonly string[], events: StreamEvents, more: readonly string[] | undefined, end: boolean): Stream {
    const waits = !this.hasRoom;
    const stream = new Stream(this.#connection, 0);
    stream.listen(events);
    stream.isHeadRequest = fields[fields.indexOf(":method") + 1] === "HEAD";
    if (!waits) this.#begin(stream);
    else if (this.#waiting === undefined) this.#waiting = [stream];
    else this.#waiting.push(stream);
    stream.sendRequest(fields, more, end, waits);
    return stream;
  }

  #begin(stream: Stream): void {
    const { streams, peer, floods } = this.#connection;
    stream.id = streams.takeId();
    stream.sendWindow.available = peer.initialWindow;
    streams.add(stream);
    floods.opened();
    this.#connection.wake();
  }

  /** Sends what has waited for streams to close, or for the peer to allow more. */
  next(): void {
    while (this.#line > 0 && this.#connection.streams.size < this.#connection.peer.maxStreams) {
      const stream = this.#waiting?.shift();
      if (stream === undefined) return;
      this.#begin(stream);
      stream.letGo();
    }
  }

  /** A stream that waits is given up. */
  drop(stream: unknown): void {
    const at = this.#waiting?.indexOf(stream as Stream) ?? -1;
    if (at >= 0) this.#waiting?.splice(at, 1);
  }

  /** Takes all out that wait: the connection leaves. */
  takeAll(): readonly Stream[] {
    return this.#waiting?.splice(0) ?? none;
  }
}
