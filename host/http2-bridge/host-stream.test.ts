import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as http2 from "node:http2";
import { PassThrough, pipeline } from "node:stream";
import { test } from "node:test";
import { openHttp2 } from "../../test/support/open-http2.ts";
import { connect, startPort } from "../../test/support/port.ts";

type Handler = (request: IncomingMessage & { stream: http2.ServerHttp2Stream }, response: ServerResponse) => void;

/** Serves one handler by Node's objects over our engine, and a session to ask it. */
async function serve(handler: Handler) {
  const server = await startPort({ httpEngine: "engine" }, handler as Parameters<typeof startPort>[1]);
  const session = openHttp2(`http://127.0.0.1:${server.number}`);
  return {
    server,
    session,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function replyOf(stream: http2.ClientHttp2Stream) {
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on("trailers", fields => {
    trailers = fields;
  });
  const [head] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  const body = (await stream.toArray()).join("");
  return { head, body, trailers };
}

test("a body goes both ways, however large, with trailers behind it", async () => {
  await using served = await serve((request, response) => {
    response.writeHead(201, { "x-method": request.method, "x-own": ["a", "b"] });
    pipeline(request, new PassThrough(), response as never, () => undefined);
    (response as unknown as { setTrailer(name: string, value: string): void }).setTrailer("x-sum", "done");
  });
  const text = "0123456789".repeat(100_000);
  const stream = served.session.request({ ":method": "PUT", ":path": "/a?b=c" });
  stream.end(text);
  const { head, body, trailers } = await replyOf(stream);
  assert.equal(head[":status"], 201);
  assert.equal(head["x-method"], "PUT");
  assert.equal(head["x-own"], "a, b");
  assert.match(head.date ?? "", /GMT$/);
  assert.equal(body, text);
  assert.equal(trailers["x-sum"], "done");
});

test("what a request says of itself and its connection is what Node's says", async () => {
  const seen: unknown[] = [];
  await using served = await serve((request, response) => {
    const { httpVersion, url, method, headers, socket } = request;
    seen.push(httpVersion, url, method, headers[":authority"], headers["x-a"], socket.remoteAddress);
    seen.push("encrypted" in socket && socket.encrypted, request.rawHeaders.includes("x-a"));
    response.end();
  });
  const stream = served.session.request({ ":path": "/p", "x-a": "1" });
  await replyOf(stream);
  const authority = `127.0.0.1:${served.server.number}`;
  assert.deepEqual(seen, ["2.0", "/p", "GET", authority, "1", "127.0.0.1", false, true]);
});

test("HEAD, 204 and 304 have no body, whatever is written", async () => {
  await using served = await serve((request, response) => {
    response.writeHead(Number(request.url?.slice(1)));
    response.end("a body");
  });
  for (const [method, path] of [
    ["HEAD", "/200"],
    ["GET", "/204"],
    ["GET", "/304"],
  ]) {
    const { head, body } = await replyOf(served.session.request({ ":method": method, ":path": path }));
    assert.equal(head[":status"], Number(path?.slice(1)));
    assert.equal(body, "");
  }
});

test("a handler learns that its client has left, by aborted, close and the code", async () => {
  const told: unknown[] = [];
  const closed = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using served = await serve((request, response) => {
    request.on("aborted", () => told.push("aborted"));
    response.on("close", () => {
      told.push("close", request.stream.rstCode, request.stream.destroyed);
      closed.resolve();
    });
    response.write("some");
    begun.resolve();
  });
  const stream = served.session.request({ ":path": "/" });
  stream.on("error", () => undefined);
  await begun.promise;
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await closed.promise;
  assert.deepEqual(told, ["aborted", "close", http2.constants.NGHTTP2_CANCEL, true]);
});

test("a handler that breaks off leaves no reply that looks whole", async () => {
  await using served = await serve((_request, response) => {
    response.write("half");
    setImmediate(() => response.destroy(new Error("broken")));
  });
  const stream = served.session.request({ ":path": "/" });
  await assert.rejects(stream.toArray(), /INTERNAL_ERROR/);
});

test("a writer waits for a client that does not read, and goes on with it", async () => {
  let finished = false;
  const full = Promise.withResolvers<void>();
  await using served = await serve((_request, response) => {
    async function write() {
      for (let n = 0; n < 40; n++) {
        if (response.write(Buffer.alloc(65_536, n))) continue;
        full.resolve();
        await once(response, "drain");
      }
      response.end();
      finished = true;
    }
    void write();
  });
  const stream = served.session.request({ ":path": "/" });
  await once(stream, "response");
  await full.promise;
  assert.equal(finished, false);
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  assert.equal(bytes, 40 * 65_536);
});

test("a client that expects it is told to continue once its body is read", async () => {
  await using served = await serve((request, response) => {
    request.on("data", () => undefined).on("end", () => response.end("read"));
  });
  const stream = served.session.request({ ":method": "POST", ":path": "/", expect: "100-continue" });
  stream.once("continue", () => stream.end("body"));
  assert.equal((await replyOf(stream)).body, "read");
});

test("a field that HTTP does not allow is the handler's error", async () => {
  const errors: unknown[] = [];
  await using served = await serve((_request, response) => {
    try {
      response.setHeader("x-bad", "a\r\nb: c");
      response.writeHead(200);
    } catch (error) {
      errors.push(error);
      response.removeHeader("x-bad");
      response.end("mended");
    }
  });
  assert.equal((await replyOf(served.session.request({ ":path": "/" }))).body, "mended");
  assert.match(String(errors), /"x-bad" holds a character that fields cannot/);
});

test("a connection that is lost ends what is served on it", async () => {
  const closed = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using served = await serve((_request, response) => {
    response.once("close", () => closed.resolve());
    begun.resolve();
  });
  const raw = await connect(served.server.number);
  raw.destroy();
  served.session.request({ ":path": "/" }).on("error", () => undefined);
  await begun.promise;
  served.session.destroy();
  await closed.promise;
});
