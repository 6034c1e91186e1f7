import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { freePort } from "../support/free-port.ts";
import { createGreeterGrpc } from "../support/greeter-grpc.ts";
import { isConnectionLost } from "../support/lost-connection.ts";
import { startProxy } from "../support/proxy.ts";
import { type ServerProcess, startProcess } from "../support/server-process.ts";

/** Restarts in one test, of two servers in turn. */
const restarts = 10;

/** Calls in flight at any time, of each kind of client. */
const callers = 4;

/** The kinds of client to call `address` with. */
function transportsTo(port: number): [string, Transport][] {
  const baseUrl = `http://127.0.0.1:${port}`;
  return [
    ["gRPC", createGrpcTransport({ baseUrl })],
    ["Connect over HTTP/2", createConnectTransport({ baseUrl, httpVersion: "2" })],
  ];
}

/** Calls over and over, from several callers at once, until `stop`; returns how many calls there were and what failed. */
function load(call: () => Promise<unknown>, signal: AbortSignal) {
  const failures: string[] = [];
  let calls = 0;
  let stopped = false;
  async function caller() {
    while (!stopped && !signal.aborted) {
      calls++;
      await call().catch(error => failures.push(`${new Date().toISOString()} ${error}`));
    }
  }
  const running = Array.from({ length: callers }, caller);
  return {
    async stop() {
      stopped = true;
      await Promise.all(running);
      return { calls, failures };
    },
  };
}

/** Stops and starts the servers in turn; each ends with exit code 0 and is called again before the next goes. */
async function restart(servers: ServerProcess[], env: Readonly<Record<string, string>>): Promise<void> {
  for (let n = 0; n < restarts; n++) {
    await Promise.all(servers.map(({ called }) => called));
    const server = servers[n % servers.length];
    assert.ok(server);
    assert.equal(await server.stop(), 0);
    servers[n % servers.length] = await startProcess(server.port, env);
  }
  await Promise.all(servers.map(({ called }) => called));
}

function stopAll(servers: readonly ServerProcess[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(server => server.stop()));
    },
  };
}

/** What the kinds of client have in common. */
type Caller = { sayHello(request: { name: string }): Promise<unknown>; [Symbol.dispose]?(): void };

/** Without idle connections there is none to be closed just as it is taken, which HTTP/1.1 cannot tell of. */
const nodeOptions = { agent: new Agent({ keepAlive: false }) };

test("no call fails across ten restarts of two servers behind a balancer that asks for readiness", async t => {
  // Three of the proxy's check intervals, and some.
  const env = { SHUTDOWN_DELAY_MS: "3500" };
  const servers = [await startProcess(0, env), await startProcess(0, env)];
  await using _stop = stopAll(servers);
  const port = await freePort();
  const changes = new Map([
    ["127.0.0.1:8080", `127.0.0.1:${port}`],
    ["127.0.0.1:50051", `127.0.0.1:${servers[0]?.port}`],
    ["127.0.0.1:50052", `127.0.0.1:${servers[1]?.port}`],
  ]);
  await using proxy = await startProxy("haproxy", changes);
  const loads = transportsTo(port).map(([kind, transport]) => {
    const client = createClient(Greeter, transport);
    return { kind, running: load(() => client.sayHello({ name: "Ada" }), t.signal) };
  });
  await restart(servers, env);
  for (const { kind, running } of loads) {
    const { calls, failures } = await running.stop();
    t.diagnostic(`${kind}: ${calls} calls, ${failures.length} failures`);
    assert.equal(failures.length, 0, `${kind}: ${failures[0]}\n${proxy.said()}`);
  }
});

const retryingClients: [string, (port: number) => Caller][] = [
  // By default it waits a second and more before it connects again to a server that was down.
  ["gRPC by grpc-js", port => createGreeterGrpc(`127.0.0.1:${port}`, { "grpc.max_reconnect_backoff_ms": 100 })],
  [
    "Connect over HTTP/1.1",
    port => {
      const baseUrl = `http://127.0.0.1:${port}`;
      return createClient(Greeter, createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions }));
    },
  ],
];

for (const [kind, createCaller] of retryingClients) {
  test(`no call of ${kind} fails across ten restarts where what was refused is tried again elsewhere`, async t => {
    const servers = [await startProcess(0), await startProcess(0)];
    await using _stop = stopAll(servers);
    const clients = servers.map(({ port }) => createCaller(port));
    let turn = 0;
    let retries = 0;
    async function call() {
      const first = turn++;
      for (let attempt = 0; ; attempt++) {
        try {
          return await clients[(first + attempt) % clients.length]?.sayHello({ name: "Ada" });
        } catch (error) {
          // One server is always up: the other of the two, and the first again where it was restarted meanwhile.
          if (!isConnectionLost(error) || attempt === 3) throw error;
          retries++;
        }
      }
    }
    const running = load(call, t.signal);
    await restart(servers, {});
    const { calls, failures } = await running.stop();
    t.diagnostic(`${kind}: ${calls} calls, ${retries} tried again, ${failures.length} failures`);
    assert.deepEqual(failures.slice(0, 1), []);
    for (const client of clients) client[Symbol.dispose]?.();
  });
}
