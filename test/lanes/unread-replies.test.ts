import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { openHttp2 } from "../support/open-http2.ts";
import { clients, serveGreeter } from "./greeter-server.ts";
import { hello, open } from "./raw-http2.ts";

const megabyte = 1024 * 1024;

/** Characters that differ everywhere: what is lost or out of order shows. */
const text = Array.from({ length: (3 * megabyte) / 8 }, (_, n) => n.toString(36).padStart(8)).join("");

test("a reply of many slices arrives whole, unary and in a stream", async () => {
  await using server = await serveGreeter({
    sayHello: () => ({ message: text }),
    async *sayHelloStream() {
      yield { message: text };
      yield { message: "end" };
    },
  });
  for (const { name, client } of clients(server.url)) {
    assert.ok((await client.sayHello({})).message === text, name);
    const messages = await Array.fromAsync(client.sayHelloStream({}), ({ message }) => message);
    assert.ok(messages.length === 2 && messages[0] === text && messages[1] === "end", name);
  }
});

/** A client that lets nothing of a reply be sent. */
async function unread(url: string): Promise<http2.ClientHttp2Session> {
  const session = openHttp2(url, { settings: { initialWindowSize: 0 } });
  await once(session, "remoteSettings");
  return session;
}

for (const method of ["SayHello", "SayHelloStream"]) {
  test(`${method}: a reply that its client does not read is cut`, async () => {
    await using server = await serveGreeter(
      {
        sayHello: () => ({ message: text }),
        async *sayHelloStream() {
          for (;;) yield { message: text };
        },
      },
      { limits: { replyStallMs: 20 } },
    );
    const session = await unread(server.url);
    const stream = open(session, method);
    stream.end(hello("Ada"));
    await new Promise(resolve => stream.once("close", resolve));
    assert.equal(stream.rstCode, http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
  });
}

test("a connection with unread replies has its next requests wait, and no other's", async () => {
  let called = 0;
  await using server = await serveGreeter(
    {
      sayHello() {
        called++;
        return { message: text };
      },
    },
    { limits: { maxUnsentBytesPerConnection: megabyte } },
  );
  const session = await unread(server.url);
  const first = open(session, "SayHello");
  first.end(hello("first"));
  await once(first, "response");
  const second = open(session, "SayHello");
  second.end(hello("second"));
  // An answer to what was sent later: by then the second request is there.
  const [{ client }] = clients(server.url) as [ReturnType<typeof clients>[0]];
  await new Promise(resolve => session.ping(resolve));
  await client.sayHello({});
  assert.equal(called, 2);
  const answered = once(second, "response");
  first.close(http2.constants.NGHTTP2_CANCEL);
  await answered;
  assert.equal(called, 3);
  session.destroy();
});

for (const version of ["1.1", "2"] as const) {
  test(`HTTP/${version}: a handler is asked for no more while a large message is on its way`, async () => {
    let yielded = 0;
    await using server = await serveGreeter({
      async *sayHelloStream() {
        for (;;) {
          yielded++;
          yield { message: text };
        }
      },
    });
    await using reply = await startReading(version, server.url);
    // Slice by slice, a third of the first message.
    let read = 0;
    for await (const chunk of reply.body) {
      read += (chunk as Buffer).length;
      if (read > megabyte) break;
    }
    assert.ok(yielded <= 2, `${yielded} messages of ${text.length} bytes were asked for, ${read} bytes are read`);
  });
}

interface Reading extends AsyncDisposable {
  readonly body: Readable;
}

async function startReading(version: "1.1" | "2", url: string): Promise<Reading> {
  if (version === "2") {
    const session = openHttp2(url);
    const stream = open(session, "SayHelloStream");
    stream.end(hello("Ada"));
    return { body: stream, [Symbol.asyncDispose]: async () => session.destroy() };
  }
  const headers = { "content-type": "application/grpc" };
  const request = http.request(`${url}/greeter.Greeter/SayHelloStream`, { method: "POST", headers });
  request.on("error", () => undefined).end(hello("Ada"));
  const [body] = (await once(request, "response")) as [http.IncomingMessage];
  return { body, [Symbol.asyncDispose]: async () => void request.destroy() };
}
