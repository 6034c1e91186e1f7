import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { createWireTransport } from "../transport.ts";

const maxStreams = 10;
const calls = 25;

/** Starts a greeter that replies once so many calls are there at a time. */
async function startGreeter(t: TestContext) {
  const all = Promise.withResolvers<void>();
  let begun = 0;
  const join = () => {
    if (++begun === calls) all.resolve();
    return all.promise;
  };
  const server = createServer(
    { settings: { maxConcurrentStreams: maxStreams } },
    connectNodeAdapter({
      routes: router =>
        router.service(Greeter, {
          async sayHello() {
            await join();
            return {};
          },
          async *sayHelloStream() {
            await join();
            yield {};
          },
        }),
    }),
  );
  const sessions: { destroy(): void }[] = [];
  server.on("session", session => sessions.push(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sessions };
}

for (const kind of ["unary", "streaming"]) {
  test(`more ${kind} calls at once than a connection takes go on as many connections as they need`, async t => {
    const { baseUrl, sessions } = await startGreeter(t);
    await using transport = createWireTransport({ baseUrl, retry: false });
    const greeter = createClient(Greeter, transport);
    const call = () => (kind === "unary" ? greeter.sayHello({}) : Array.fromAsync(greeter.sayHelloStream({})));
    await Promise.all(Array.from({ length: calls }, call));
    assert.equal(sessions.length, Math.ceil(calls / maxStreams));
  });
}
