import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConcierge, type Protocol, type RetryOptions } from "../../client/index.ts";
import { protocols } from "../../client/protocol.ts";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { serve } from "../../server/services/served.ts";
import { startHost } from "../support/service-host.ts";
import { startTcp } from "../support/tcp-server.ts";

/** Makes calls in waves, whatever becomes of them, and answers how many. */
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

/** How much later than a timer of the same length a call ended, in milliseconds. */
async function overrun(baseUrl: string, options: { readonly protocol?: Protocol } = {}): Promise<number> {
  await using concierge = createConcierge({ baseUrl, deadlineMs, ...options });
  const start = performance.now();
  const call = concierge.directory.getUser({ key: { case: "id", value: "1" } });
  const timer = delay(deadlineMs).then(() => performance.now() - start);
  const error = await call.catch(reason => reason);
  const took = performance.now() - start;
  assert.ok(error instanceof ConnectError);
  assert.ok([Code.DeadlineExceeded, Code.Unavailable].includes(error.code), error.message);
  // What the machine is late by is no fault of the call.
  return took - Math.max(deadlineMs, await timer);
}

test("a deadline is never overrun by more than 50 ms, whatever the server does", async t => {
  const slow = serve(DirectoryService, {
    async getUser(_request, { signal }) {
      await once(signal, "abort");
      return {};
    },
  });
  const away = (headers: Record<string, string>) =>
    serve(DirectoryService, {
      getUser() {
        throw new ConnectError("away", Code.Unavailable, headers);
      },
    });
  await using silent = await startTcp(() => {});
  await using reset = await startTcp(socket => socket.resetAndDestroy());
  await using slowHost = await startHost(slow);
  await using busyHost = await startHost(away({}));
  await using pushingHost = await startHost(away({ "grpc-retry-pushback-ms": "100" }));
  await using pushingLong = await startHost(away({ "grpc-retry-pushback-ms": "290" }));
  const servers = { silent, reset, slowHost, busyHost, pushingHost, pushingLong };
  for (const [what, { baseUrl }] of Object.entries(servers)) {
    for (const protocol of protocols) {
      const late = await Promise.all(Array.from({ length: 10 }, () => overrun(baseUrl, { protocol })));
      t.diagnostic(`${what}, ${protocol}: ${Math.max(...late).toFixed(1)} ms`);
      assert.ok(Math.max(...late) <= 50, `${what}: ${late}`);
    }
  }
});
