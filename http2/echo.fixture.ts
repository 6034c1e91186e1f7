import { createServer, type Server, type Socket } from "node:net";
import type { ConnectionEvents } from "./connection-options.ts";
import type { Trailers } from "./message-fields.ts";
import { Session, type SessionOptions } from "./session.ts";
import type { Stream } from "./stream.ts";
import type { StreamEvents } from "./stream-events.ts";

const head = Object.freeze([":status", "200", "content-type", "application/octet-stream"]);
const trailers = Object.freeze(["echo-status", "0"]);

/** Sends a request's body back as it comes, and trailers at its end. */
class Echo implements StreamEvents {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.listen(this);
    stream.respond(head);
    stream.resume();
  }

  data(chunk: Buffer): void {
    if (!this.#stream.write(chunk)) this.#stream.pause();
  }

  drained(): void {
    this.#stream.resume();
  }

  ended(_: Trailers | undefined): void {
    this.#stream.end(undefined, trailers);
  }

  closed(): void {
    this.#stream.settled();
  }
}

/** Serves echoes; for tests, h2spec and measurements. */
export const echoEvents: ConnectionEvents = {
  request: stream => {
    new Echo(stream);
  },
  failed: error => {
    throw error;
  },
};

/** A server that echoes, not listening yet. */
export function createEchoServer(options: SessionOptions = {}): Server {
  return createServer({ noDelay: true }, (socket: Socket) => new Session(true, socket, echoEvents, options));
}

if (import.meta.main) {
  createEchoServer().listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
}
