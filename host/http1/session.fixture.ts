import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { HandClock } from "../../http2/clock.ts";
import type { StreamEnd } from "../../http2/stream-events.ts";
import { path, takes } from "./fast-path.fixture.ts";
import { Http1Session } from "./session.ts";
import type { Http1Stream } from "./stream.ts";

/** The head of a response that is fine. */
export const ok = Object.freeze([":status", "200", "content-type", "application/json"]);

/** A request as a server sees it: its stream, and what is told of it. */
export class Served {
  readonly stream: Http1Stream;
  readonly complete = Promise.withResolvers<string>();
  readonly closed = Promise.withResolvers<StreamEnd>();
  readonly drained = Promise.withResolvers<void>();
  body = "";

  constructor(stream: Http1Stream) {
    this.stream = stream;
    stream.listen({
      data: chunk => {
        this.body += chunk.toString("latin1");
      },
      ended: () => this.complete.resolve(this.body),
      drained: () => this.drained.resolve(),
      closed: end => this.closed.resolve(end),
    });
    stream.resume();
  }
}

/** One connection between a client that writes bytes and a server whose requests are taken one by one. */
export class Connection implements AsyncDisposable {
  readonly client: Socket;
  readonly clock = new HandClock();
  readonly cuts: string[] = [];
  readonly failures: unknown[] = [];
  session!: Http1Session;
  socket!: Socket;
  output = "";
  onRequest = (stream: Http1Stream) => this.#served(new Served(stream));
  readonly #server: Server;
  readonly #queue: Served[] = [];
  readonly #waiting: ((served: Served) => void)[] = [];

  private constructor(client: Socket, server: Server) {
    this.client = client;
    this.#server = server;
  }

  static async open(): Promise<Connection> {
    const server = createServer({ allowHalfOpen: true });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
    const connection = new Connection(client, server);
    const [socket] = (await once(server, "connection")) as [Socket];
    connection.#start(socket);
    return connection;
  }

  #start(socket: Socket): void {
    this.socket = socket;
    this.session = new Http1Session(
      socket,
      {
        takes,
        request: stream => this.onRequest(stream),
        handOver: () => assert.fail("the connection is handed over"),
        cut: reason => this.cuts.push(reason),
        failed: error => this.failures.push(error),
      },
      { clock: this.clock },
    );
    this.client.setEncoding("latin1").on("data", text => {
      this.output += text;
    });
    this.client.on("error", () => {});
  }

  #served(served: Served): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(served);
    else this.#queue.push(served);
  }

  /** The next request. */
  async next(): Promise<Served> {
    return this.#queue.shift() ?? new Promise(resolve => this.#waiting.push(resolve));
  }

  /** Resolves once what the client has read ends like this. */
  async reads(end: string): Promise<void> {
    while (!this.output.endsWith(end)) await once(this.client, "data");
  }

  /** Resolves with all that the client has read, once the server has closed. */
  async readAll(): Promise<string> {
    if (!this.client.readableEnded && !this.client.destroyed)
      await Promise.race([once(this.client, "end"), once(this.client, "close")]);
    return this.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    this.socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A request, whose body may state another length than it has. */
export function post(body: string, length = body.length): string {
  return `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
}
