import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Connection, ok, post, Served } from "./session.fixture.ts";

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
