import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { createBareWireTransport } from "../bare-transport.ts";
import { createFleet } from "./create-fleet.ts";
import { type BalanceOptions, toBalance } from "./options.ts";
import { type Replica, startReplica } from "./replicas.fixture.ts";
import type { ServerAddress } from "./resolve-names.ts";

/** A client of a name, by a clock that the test sets. */
function connect(options: BalanceOptions) {
  let now = 0;
  const baseUrl = "http://greeter:1";
  const settings = { baseUrl, protocol: "grpc", useBinaryFormat: true, interceptors: [] } as const;
  const name = { kind: "name", host: "greeter", port: 1, dnsServer: undefined } as const;
  const fleet = createFleet(name, toBalance(options), {}, settings, () => now);
  const greeter = createClient(Greeter, createBareWireTransport(settings, fleet));
  return {
    greeter,
    /** Calls so often, failures included, and tells how many calls each server has had. */
    async call(times: number, replicas: readonly Replica[]) {
      for (const replica of replicas) replica.calls = 0;
      for (let n = 0; n < times; n++) await greeter.sayHello({}).catch(() => {});
      return replicas.map(({ calls }) => calls);
    },
    pass(ms: number) {
      now += ms;
    },
    [Symbol.dispose]: () => fleet.close(),
  };
}

const addressesOf = (...replicas: readonly Replica[]): ServerAddress[] =>
  replicas.map(({ port }) => ({ host: "127.0.0.1", port }));

test("a server whose calls fail is left out for a while, and called again after it", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  const resolve = async () => ({ addresses: addressesOf(a, b) });
  using caller = connect({ resolve, outliers: { intervalMs: 1_000, baseEjectionMs: 5_000 } });
  const both = [a, b];
  while ((await caller.call(2, both)).includes(0));
  a.work = () => {
    throw new ConnectError("out of order", Code.Internal);
  };
  caller.pass(1_001);
  assert.deepEqual(await caller.call(200, both), [100, 100]);
  caller.pass(1_001);
  assert.deepEqual(await caller.call(100, both), [0, 100]);
  a.work = () => undefined;
  caller.pass(4_000);
  assert.deepEqual(await caller.call(10, both), [0, 10]);
  caller.pass(1_001);
  assert.deepEqual(await caller.call(100, both), [50, 50]);
});

test("failing streams speak against their server, and streams that are left do not", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  const resolve = async () => ({ addresses: addressesOf(a, b) });
  const failurePercentage = { requestVolume: 5 };
  using caller = connect({ resolve, outliers: { intervalMs: 1_000, failurePercentage } });
  const both = [a, b];
  while ((await caller.call(2, both)).includes(0));
  async function stream(times: number) {
    for (const replica of both) replica.calls = 0;
    for (let n = 0; n < times; n++) await Array.fromAsync(caller.greeter.sayHelloStream({})).catch(() => {});
    return both.map(({ calls }) => calls);
  }
  caller.pass(1_001);
  await caller.call(1, both);
  const never = new Promise(() => {});
  a.work = () => never;
  for (let n = 0; n < 20; n++) {
    const leave = new AbortController();
    for await (const _ of caller.greeter.sayHelloStream({}, { signal: leave.signal })) break;
    leave.abort();
  }
  a.work = () => undefined;
  caller.pass(1_001);
  assert.deepEqual(await stream(10), [5, 5]);
  a.work = () => {
    throw new ConnectError("out of order", Code.Internal);
  };
  caller.pass(1_001);
  assert.deepEqual(await stream(12), [6, 6]);
  caller.pass(1_001);
  assert.deepEqual(await stream(10), [0, 10]);
});

test("a name is resolved anew when its time is over, and not before", async () => {
  await using a = await startReplica("a");
  let asked = 0;
  const asking = Promise.withResolvers<void>();
  async function resolve() {
    if (++asked === 2) asking.resolve();
    return { addresses: addressesOf(a), ttlMs: 20_000 };
  }
  using caller = connect({ resolve });
  assert.deepEqual(await caller.call(5, [a]), [5]);
  caller.pass(19_999);
  assert.deepEqual(await caller.call(5, [a]), [5]);
  assert.equal(asked, 1);
  caller.pass(1);
  assert.deepEqual(await caller.call(5, [a]), [5]);
  await asking.promise;
  assert.equal(asked, 2);
});

test("a name is resolved anew once a server of it is lost, a second after the last time", async () => {
  await using a = await startReplica("a");
  const b = await startReplica("b");
  let replicas = [a, b];
  let asked = 0;
  async function resolve() {
    asked++;
    return { addresses: addressesOf(...replicas) };
  }
  using caller = connect({ resolve });
  while ((await caller.call(2, [a, b])).includes(0));
  await b[Symbol.asyncDispose]();
  replicas = [a];
  await caller.call(10, [a]);
  assert.equal(asked, 1);
  caller.pass(1_000);
  while (asked === 1) await caller.call(1, [a]);
  assert.equal(asked, 2);
  assert.deepEqual(await caller.call(10, [a]), [10]);
});
