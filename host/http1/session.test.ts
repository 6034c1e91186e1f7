import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { describe, test } from "node:test";
import { HandClock } from "../../http2/clock.ts";
import type { StreamEnd } from "../../http2/stream-events.ts";
import { path, takes } from "./fast-path.fixture.ts";
import { Http1Session } from "./session.ts";
import type { Http1Stream } from "./stream.ts";

const ok = Object.freeze([":status", "200", "content-type", "application/json"]);

/** A request as a server sees it: its stream, and what is told of it. */
class Served {
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
class Connection implements AsyncDisposable {
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

function post(body: string, length = body.length): string {
  return `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
}

/** A response without its date, which is checked to be one. */
function undated(text: string): string {
  return text.replaceAll(/date: (.*)\r\n/g, (_, date) => {
    assert.equal(new Date(date).toUTCString(), date);
    return "";
  });
}

const lines =
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: keep-alive\r\nkeep-alive: timeout=300\r\n";

describe("a response", () => {
  test("that is whole is sent with its length", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{}"));
    const { stream, complete, closed } = await connection.next();
    assert.equal(await complete.promise, "{}");
    stream.respond(ok, ["x-own", "1"]);
    assert.equal(stream.headSent, true);
    stream.end(Buffer.from("reply"));
    assert.equal((await closed.promise).by, "finished");
    await connection.reads("reply");
    const own = lines.replace("application/json\r\n", "application/json\r\nx-own: 1\r\n");
    assert.equal(undated(connection.output), `${own}content-length: 5\r\n\r\nreply`);
  });

  test("that is larger than a text is worth is sent whole", async () => {
    await using connection = await Connection.open();
    connection.client.write(post(""));
    const { stream } = await connection.next();
    stream.respond(ok);
    stream.end(Buffer.alloc(200_000, "y"));
    await connection.reads("y".repeat(200_000));
    assert.equal(undated(connection.output), `${lines}content-length: 200000\r\n\r\n${"y".repeat(200_000)}`);
  });

  test("that comes in parts is chunked, its head sent with an empty part", async () => {
    await using connection = await Connection.open();
    connection.client.write(post(""));
    const { stream } = await connection.next();
    stream.respond(ok);
    stream.write(new Uint8Array());
    await connection.reads("\r\n\r\n");
    stream.write(Buffer.from("0123456789abcdef"));
    stream.write(Buffer.alloc(20_000, "z"));
    stream.end(Buffer.from("last"));
    await connection.reads("\r\n0\r\n\r\n");
    const body = `10\r\n0123456789abcdef\r\n4e20\r\n${"z".repeat(20_000)}\r\n4\r\nlast\r\n0\r\n\r\n`;
    assert.equal(undated(connection.output), `${lines}transfer-encoding: chunked\r\n\r\n${body}`);
  });

  test("that is a head alone has length 0, or none where its status has no body", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("") + post(""));
    (await connection.next()).stream.respond([":status", "404"], undefined, true);
    (await connection.next()).stream.respond([":status", "204"], undefined, true);
    while (!/204 .*\r\n\r\n$/s.test(connection.output)) await once(connection.client, "data");
    const [first, second] = undated(connection.output).split(/(?=HTTP\/1.1 204)/);
    const own = "connection: keep-alive\r\nkeep-alive: timeout=300\r\n";
    assert.equal(first, `HTTP/1.1 404 Not Found\r\n${own}content-length: 0\r\n\r\n`);
    assert.equal(second, `HTTP/1.1 204 No Content\r\n${own}\r\n`);
  });

  test("that its client does not read fills up, and is told of room again", async () => {
    await using connection = await Connection.open();
    connection.client.write(post(""));
    const { stream, drained } = await connection.next();
    connection.client.pause();
    stream.respond(ok);
    while (stream.write(Buffer.alloc(65_536))) await new Promise(resolve => setImmediate(resolve));
    connection.client.resume();
    await drained.promise;
    stream.end();
    await connection.reads("\r\n0\r\n\r\n");
  });
});

describe("a request", () => {
  test("is served once the one before it is, wherever its bytes came", async () => {
    await using connection = await Connection.open();
    connection.client.write(`${post("1")}${post("22")}${post("333").slice(0, -1)}`);
    const first = await connection.next();
    assert.equal(await first.complete.promise, "1");
    first.stream.respond(ok);
    first.stream.end(Buffer.from("one"));
    const second = await connection.next();
    assert.equal(await second.complete.promise, "22");
    second.stream.respond(ok);
    second.stream.end(Buffer.from("two"));
    const third = await connection.next();
    connection.client.write("3");
    assert.equal(await third.complete.promise, "333");
    third.stream.respond(ok);
    third.stream.end(Buffer.from("three"));
    await connection.reads("three");
  });

  test("has its body wait while it is paused", async () => {
    await using connection = await Connection.open();
    const started = Promise.withResolvers<Served>();
    connection.onRequest = stream => {
      const served = new Served(stream);
      stream.pause();
      started.resolve(served);
    };
    connection.client.write(post("", 400_000));
    const served = await started.promise;
    const { stream, complete } = served;
    assert.equal(served.body, "");
    const paused = once(connection.socket, "pause");
    connection.client.write("x".repeat(400_000));
    // Its client is held up by then: no more is read than what came at once.
    await paused;
    assert.equal(served.body, "");
    stream.resume();
    assert.equal((await complete.promise).length, 400_000);
  });

  test("whose response is early has the rest of its body dropped", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("start", 100_000));
    const first = await connection.next();
    first.stream.respond(ok);
    first.stream.end(Buffer.from("early"));
    await connection.reads("early");
    connection.client.write("x".repeat(99_995) + post("{}"));
    assert.equal(await (await connection.next()).complete.promise, "{}");
    assert.equal((await first.closed.promise).by, "finished");
    assert.equal(first.body, "start");
  });

  test("whose client sends more than 8 MiB behind its response is cut off", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("", 9_000_000));
    const { stream, closed } = await connection.next();
    stream.respond(ok);
    stream.end();
    connection.client.write(Buffer.alloc(8_900_000));
    assert.equal((await closed.promise).by, "connection");
    assert.deepEqual(connection.cuts, ["unread"]);
  });

  test("whose client leaves is told so", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{}"));
    const { stream, closed, complete } = await connection.next();
    await complete.promise;
    connection.client.resetAndDestroy();
    const end = await closed.promise;
    assert.deepEqual([end.by, end.unprocessed], ["connection", false]);
    stream.respond(ok);
    stream.end(Buffer.from("nobody"));
  });

  test("whose client has no more to say is answered, and one whose body is cut short is not", async () => {
    await using half = await Connection.open();
    half.client.end(post("{}"));
    const { stream, complete } = await half.next();
    await complete.promise;
    // The end of the request comes by its own.
    if (!half.socket.readableEnded) await once(half.socket, "end");
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    assert.match(await half.readAll(), /connection: close\r\n.*reply$/s);

    await using short = await Connection.open();
    short.client.end(post("{}", 3));
    assert.equal((await (await short.next()).closed.promise).by, "connection");
    assert.equal(await short.readAll(), "");
  });

  test("may be broken off", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{}"));
    const { stream, closed } = await connection.next();
    stream.respond(ok);
    stream.write(Buffer.from("part"));
    stream.reset(8);
    assert.equal((await closed.promise).by, "self");
    assert.doesNotMatch(await connection.readAll(), /0\r\n\r\n$/);
  });

  test("whose listener throws ends its connection, and the error is told", async () => {
    await using connection = await Connection.open();
    connection.onRequest = () => {
      throw new Error("a bug");
    };
    connection.client.write(post("{}"));
    assert.equal(await connection.readAll(), "");
    assert.match(String(connection.failures), /a bug/);
  });
});

describe("a connection", () => {
  test("without a request is closed when it is idle for long, and not before", async () => {
    await using connection = await Connection.open();
    connection.clock.advance(299_000);
    connection.client.write(post("{}"));
    const { stream, complete, closed } = await connection.next();
    await complete.promise;
    connection.clock.advance(3_600_000);
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    await closed.promise;
    connection.clock.advance(299_000);
    assert.deepEqual(connection.cuts, []);
    connection.clock.advance(2_000);
    assert.match(await connection.readAll(), /reply$/);
    assert.deepEqual(connection.cuts, ["idle"]);
  });

  test("whose body does not come in time is told 408", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{", 2));
    const { stream, closed } = await connection.next();
    stream.limitBody(120_000);
    connection.clock.advance(119_000);
    assert.deepEqual(connection.cuts, []);
    connection.clock.advance(2_000);
    assert.match(await connection.readAll(), /^HTTP\/1\.1 408 Request Timeout\r\n.*\r\n\r\n$/s);
    assert.deepEqual(connection.cuts, ["body"]);
    connection.client.destroy();
    assert.equal((await closed.promise).by, "connection");
  });

  test("whose body came in time may take as long as it likes to be answered", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{", 2));
    const { stream, complete } = await connection.next();
    stream.limitBody(120_000);
    connection.client.write("}");
    await complete.promise;
    connection.clock.advance(3_600_000);
    stream.respond(ok);
    stream.end(Buffer.from("late"));
    await connection.reads("late");
    assert.deepEqual(connection.cuts, []);
  });

  test("whose client goes on too slowly behind its response is closed", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{", 2));
    const { stream } = await connection.next();
    stream.respond(ok);
    stream.end(Buffer.from("early"));
    connection.clock.advance(6_000);
    assert.match(await connection.readAll(), /early$/);
    assert.deepEqual(connection.cuts, ["unread"]);
  });

  test("that is retired closes at once, or behind the response to come, which says so", async () => {
    await using idle = await Connection.open();
    idle.session.retire();
    assert.equal(await idle.readAll(), "");

    await using busy = await Connection.open();
    busy.client.write(post("{}") + post("{}"));
    const { stream } = await busy.next();
    busy.session.retire();
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    assert.match(await busy.readAll(), /connection: close\r\ncontent-length: 5\r\n\r\nreply$/);
  });

  test("that is to close after its response serves one more", async () => {
    await using connection = await Connection.open();
    connection.session.closeAfterResponse();
    connection.client.write(post("{}"));
    const { stream } = await connection.next();
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    assert.match(await connection.readAll(), /connection: close\r\ncontent-length: 5\r\n\r\nreply$/);
  });
});
