import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Concierge, createConcierge, type NodeClientOptions, type RetryOptions } from "../../client/index.ts";
import { protocols } from "../../client/protocol.ts";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { serve } from "../../host/served.ts";
import { frame, types } from "../support/frames.ts";
import { startHost } from "../support/service-host.ts";
import { startTcp } from "../support/tcp-server.ts";

/** Makes calls in waves, whatever becomes of them, and returns how many. */
async function storm(baseUrl: string, retry: RetryOptions): Promise<number> {
  await using concierge = createConcierge({ baseUrl, retry });
  let calls = 0;
  for (let wave = 0; wave < 8; wave++) {
    const results = await Promise.allSettled(
      Array.from({ length: 25 }, () => concierge.directory.getUser({ key: { case: "id", value: "1" } })),
    );
    calls += results.length;
    for (const result of results) {
      assert.equal(result.status, "rejected");
      assert.equal((result.reason as ConnectError).code, Code.Unavailable);
    }
  }
  return calls;
}

const stormy = { initialBackoffMs: 1, maxBackoffMs: 5, maxTokens: 40 };

test("a storm of retries against a server that fails each call is bounded by the budget", async t => {
  const server = createServer();
  let attempts = 0;
  server.on("stream", (stream: ServerHttp2Stream) => {
    attempts++;
    stream.on("error", () => {});
    stream.respond({ ":status": 503 }, { endStream: true });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const calls = await storm(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, stormy);
  t.diagnostic(`${calls} calls, ${attempts} attempts`);
  assert.ok(attempts >= calls && attempts <= calls + stormy.maxTokens / 2, `${attempts} attempts of ${calls} calls`);
  server.close();
});

test("a storm of retries against a port that resets each connection makes fewer connections than calls", async t => {
  await using server = await startTcp(socket => socket.resetAndDestroy());
  const calls = await storm(server.baseUrl, stormy);
  t.diagnostic(`${calls} calls, ${server.connections} connections`);
  assert.ok(
    server.connections <= calls / 2 + stormy.maxTokens / 2,
    `${server.connections} connections of ${calls} calls`,
  );
});

const deadlineMs = 300;

/** One call of each kind, as long as its deadline allows. */
const kinds: Record<string, (concierge: Concierge) => Promise<unknown>> = {
  unary: ({ directory }) => directory.getUser({ key: { case: "id", value: "1" } }),
  "server streaming": ({ directory }) => Array.fromAsync(directory.exportUsers({}, { timeoutMs: deadlineMs })),
  async "client streaming"({ directory }) {
    const never = Promise.withResolvers<void>();
    async function* users() {
      yield { user: { name: "Ada", email: "ada@example.com" } };
      await never.promise;
    }
    await directory.importUsers(users(), { timeoutMs: deadlineMs }).finally(never.resolve);
  },
};

/** How much later than a timer of the same length a call ended, in milliseconds. */
async function overrun(call: Promise<unknown>): Promise<number> {
  const start = performance.now();
  const timer = delay(deadlineMs).then(() => performance.now() - start);
  const error = await call.catch(reason => reason);
  const took = performance.now() - start;
  assert.ok(error instanceof ConnectError);
  assert.ok([Code.DeadlineExceeded, Code.Unavailable].includes(error.code), error.message);
  // What the machine is late by is no fault of the call.
  return took - Math.max(deadlineMs, await timer);
}

test("a deadline is never overrun by more than 50 ms, whatever the server does", async t => {
  const until = async (signal: AbortSignal) => void (await once(signal, "abort"));
  const slow = serve(DirectoryService, {
    async getUser(_request, { signal }) {
      await until(signal);
      return {};
    },
    async *exportUsers(_request, { signal }) {
      yield { id: "1" };
      await until(signal);
    },
    async importUsers(_requests, { signal }) {
      await until(signal);
      return {};
    },
  });
  const away = (headers: Record<string, string>) => {
    const fail = (): never => {
      throw new ConnectError("away", Code.Unavailable, headers);
    };
    const failing = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: async () => fail() }) });
    return serve(DirectoryService, { getUser: fail, importUsers: fail, exportUsers: failing });
  };
  await using silent = await startTcp(() => {});
  await using mute = await startTcp(socket => socket.write(frame(types.settings, 0, 0)));
  await using reset = await startTcp(socket => socket.resetAndDestroy());
  await using slowHost = await startHost(slow);
  await using busyHost = await startHost(away({}));
  await using pushingHost = await startHost(away({ "grpc-retry-pushback-ms": "100" }));
  await using pushingLong = await startHost(away({ "grpc-retry-pushback-ms": "290" }));
  const servers = { silent, mute, reset, slowHost, busyHost, pushingHost, pushingLong };
  const options: [what: string, options: NodeClientOptions][] = [
    ...Object.entries(servers).map(([what, { baseUrl }]): [string, NodeClientOptions] => [what, { baseUrl }]),
    ["silent in the handshake of TLS", { baseUrl: `https://127.0.0.1:${silent.port}` }],
    ["reset, waiting for ready", { baseUrl: reset.baseUrl, retry: { waitForReady: true } }],
    ["a silent token function", { baseUrl: slowHost.baseUrl, token: () => new Promise(() => {}) }],
  ];
  for (const [what, settings] of options) {
    for (const protocol of protocols) {
      for (const [kind, call] of Object.entries(kinds)) {
        await using concierge = createConcierge({ ...settings, deadlineMs, protocol });
        const late = await Promise.all(Array.from({ length: 10 }, () => overrun(call(concierge))));
        t.diagnostic(`${what}, ${protocol}, ${kind}: ${Math.max(...late).toFixed(1)} ms`);
        assert.ok(Math.max(...late) <= 50, `${what}, ${protocol}, ${kind}: ${late}`);
      }
    }
  }
});
