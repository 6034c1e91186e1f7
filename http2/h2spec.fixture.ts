import { createServer, type Server } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import type { ConnectionEvents } from "./connection-options.ts";
import { Session } from "./session.ts";
import type { Stream } from "./stream.ts";
import type { StreamEvents } from "./stream-events.ts";

/** Long enough for h2spec to open as many streams as it wants to be open at once. */
const replyAfterMs = 50;

const head = Object.freeze([":status", "200", "content-type", "text/plain"]);
const body = Buffer.alloc(512, "h2spec");

/** Replies with a short page once the request is there, a little later. */
class Page implements StreamEvents {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.listen(this);
    stream.resume();
  }

  data(): void {}

  drained(): void {}

  ended(): void {
    setTimeout(() => {
      this.#stream.respond(head);
      this.#stream.end(body);
    }, replyAfterMs);
  }

  closed(): void {
    this.#stream.settled();
  }
}

const events: ConnectionEvents = {
  request: stream => {
    new Page(stream);
  },
  failed: error => {
    throw error;
  },
};

/** A server of the page, not listening yet: in the clear, or over TLS where it is given a key and certificate. */
export function createPageServer(tls?: { readonly key: string; readonly cert: string }): Server {
  if (tls === undefined) return createServer({ noDelay: true }, socket => new Session(true, socket, events));
  return createSecureServer({ ...tls, ALPNProtocols: ["h2"] }, socket => new Session(true, socket, events));
}

if (import.meta.main) {
  createPageServer().listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
}
