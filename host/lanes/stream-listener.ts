import type { ServerHttp2Stream } from "node:http2";

/** What an HTTP/2 stream tells. */
export interface StreamListener {
  /** A part of the request's body. */
  received(chunk: Uint8Array): void;
  /** The request's body is complete. */
  receivedAll(): void;
  /** There is room to write again. */
  drained(): void;
  /** The body of the reply is out: trailers may follow, and only now. */
  trailersWanted(): void;
  /** The stream is closed, in whatever way. */
  closed(): void;
}

/** What is told, and when to begin. */
type Event = "data" | "end" | "drain" | "wantTrailers" | "close";

const listenerOf = Symbol("listener");
type ListenedStream = ServerHttp2Stream & { [listenerOf]?: StreamListener | undefined };

/** One function an event for all streams: made anew for each of them, they would cost more than what they do. */
const handlers: Readonly<Record<Event, (this: ListenedStream, chunk: Buffer) => void>> = {
  data(chunk) {
    this[listenerOf]?.received(chunk);
  },
  end() {
    this[listenerOf]?.receivedAll();
  },
  drain() {
    this[listenerOf]?.drained();
  },
  wantTrailers() {
    this[listenerOf]?.trailersWanted();
  },
  close() {
    const listener = this[listenerOf];
    // Node keeps a dead stream in memory until the next collection of the whole heap, and with it all that it refers to.
    this[listenerOf] = undefined;
    listener?.closed();
  },
};

/** Tells the listener, one for each stream, of these events from now on. Forgets it once the stream is closed. */
export function listenTo(stream: ServerHttp2Stream, listener: StreamListener, ...events: readonly Event[]): void {
  const listened: ListenedStream = stream;
  listened[listenerOf] = listener;
  for (const event of events) stream.on(event, handlers[event]);
}
