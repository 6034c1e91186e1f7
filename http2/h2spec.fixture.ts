import { createServer } from "node:net";
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

if (import.meta.main) {
  const port = Number(process.argv[2] ?? 8080);
  const [, , , key, cert] = process.argv;
  const server =
    key !== undefined && cert !== undefined
      ? createSecureServer(
          { key: Buffer.from(key), cert: Buffer.from(cert), ALPNProtocols: ["h2"] },
          socket => new Session(true, socket, events),
        )
      : createServer({ noDelay: true }, socket => new Session(true, socket, events));
  server.listen(port, "127.0.0.1");
}
