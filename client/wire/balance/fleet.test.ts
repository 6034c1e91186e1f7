import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import type { NodeClientOptions } from "../../node-endpoint.ts";
import { protocols } from "../../protocol.ts";
import { howUnprocessed } from "../../retry/unprocessed.ts";
import { createWireTransport } from "../transport.ts";
import { type Replica, startFront, startReplica, startWithoutHealth } from "./replicas.fixture.ts";
import type { ServerAddress } from "./resolve-names.ts";

/** A client of the greeter, over gRPC unless told otherwise. */
function connect(options: NodeClientOptions) {
  const transport = createWireTransport({ protocol: "grpc", ...options });
  return { greeter: createClient(Greeter, transport), [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

type Caller = ReturnType<typeof connect>;

/** Who replies to so many calls, one after the other. */
async function namesOf({ greeter }: Caller, calls: number): Promise<string[]> {
  const names: string[] = [];
  for (let n = 0; n < calls; n++) names.push((await greeter.sayHello({})).serverId);
  return names;
}

/** Calls until each of these, and nobody else, replies within as many calls as three times their number. */
async function untilOnly(caller: Caller, ...expected: string[]): Promise<void> {
  for (;;) {
    // What is in flight when a server is lost is lost with it.
    const names = new Set(await namesOf(caller, 3 * expected.length).catch(() => []));
    if (names.size === expected.length && expected.every(name => names.has(name))) return;
  }
}

const addressesOf = (replicas: readonly Replica[]): ServerAddress[] =>
  replicas.map(({ port }) => ({ host: "127.0.0.1", port }));

for (const protocol of protocols) {
  test(`calls go to each of many servers in turn, by a name or a list of them, over ${protocol}`, async () => {
    await using a = await startReplica("a");
    await using b = await startReplica("b");
    await using c = await startReplica("c");
    const replicas = [a, b, c];
    const resolve = async () => ({ addresses: addressesOf(replicas) });
    for (const options of [
      { baseUrl: replicas.map(({ baseUrl }) => baseUrl) },
      { baseUrl: "dns:///greeter.example.com:50051", balance: { resolve } },
    ]) {
      await using caller = connect({ ...options, protocol });
      await untilOnly(caller, "a", "b", "c");
      for (const replica of replicas) replica.calls = 0;
      await Promise.all(Array.from({ length: 300 }, () => caller.greeter.sayHello({})));
      assert.deepEqual(
        replicas.map(({ calls }) => calls),
        [100, 100, 100],
      );
    }
  });
}

test("by its load a server that is slow gets fewer calls than the others", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using caller = connect({ baseUrl: [a.baseUrl, b.baseUrl], balance: { policy: "least-loaded" } });
  await untilOnly(caller, "a", "b");
  const held = Promise.withResolvers<void>();
  a.work = () => held.promise;
  // Of two calls each server gets one.
  const waiting = [caller.greeter.sayHello({}), caller.greeter.sayHello({})];
  assert.equal((await Promise.race(waiting)).serverId, "b");
  assert.deepEqual(new Set(await namesOf(caller, 50)), new Set(["b"]));
  held.resolve();
  await Promise.all(waiting);
});

test("a server that says that it does not serve is not called until it serves again", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  const told: [string, string][] = [];
  const onUnavailable = (server: string, { message }: Error) => told.push([server, message]);
  await using caller = connect({ baseUrl: [a.baseUrl, b.baseUrl], balance: { onUnavailable } });
  await untilOnly(caller, "a", "b");
  a.host.health.setAll(false);
  await untilOnly(caller, "b");
  assert.deepEqual(told, [[a.baseUrl, "it says NOT_SERVING"]]);
  b.host.health.setAll(false);
  await using impatient = connect({ baseUrl: [a.baseUrl, b.baseUrl], retry: false });
  await assert.rejects(impatient.greeter.sayHello({}), error => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.Unavailable);
    assert.match(error.message, /no server of .* can be called: it says NOT_SERVING, it says NOT_SERVING/);
    assert.equal(howUnprocessed(error), "unsent");
    return true;
  });
  a.host.health.setAll(true);
  await untilOnly(caller, "a");
});

test("the health of one service counts, where it is named, and no health where none is asked for", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  a.host.health.set(Greeter.typeName, false);
  b.host.health.set("", false);
  const baseUrl = [a.baseUrl, b.baseUrl];
  await using ofServer = connect({ baseUrl });
  await untilOnly(ofServer, "a");
  await using ofService = connect({ baseUrl, balance: { health: Greeter.typeName } });
  await untilOnly(ofService, "b");
  await using ofNone = connect({ baseUrl, balance: { health: false } });
  await untilOnly(ofNone, "a", "b");
});

test("a server that knows no health service is healthy", async () => {
  await using a = await startReplica("a");
  await using b = await startWithoutHealth("b");
  for (const protocol of protocols) {
    await using caller = connect({ baseUrl: [a.baseUrl, b.baseUrl], protocol });
    await untilOnly(caller, "a", "b");
  }
});

test("calls go on where a server is lost, and to it once it is back", async () => {
  await using a = await startReplica("a");
  const first = await startReplica("b");
  await using front = await startFront(first);
  await using caller = connect({ baseUrl: [a.baseUrl, front.baseUrl] });
  await untilOnly(caller, "a", "b");
  front.server = undefined;
  await first[Symbol.asyncDispose]();
  await untilOnly(caller, "a");
  await using again = await startReplica("b again");
  front.server = again;
  await untilOnly(caller, "a", "b again");
});

test("where the addresses of a name change, calls go to those, and calls in flight on others end well", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  let replicas = [a];
  const balance = { resolve: async () => ({ addresses: addressesOf(replicas), ttlMs: 0 }) };
  await using caller = connect({ baseUrl: "dns:///greeter:1", balance });
  const held = Promise.withResolvers<void>();
  a.work = () => held.promise;
  const stream = caller.greeter.sayHelloStream({})[Symbol.asyncIterator]();
  assert.equal((await stream.next()).value?.serverId, "a");
  replicas = [b];
  a.work = () => undefined;
  await untilOnly(caller, "b");
  held.resolve();
  assert.equal((await stream.next()).value?.serverId, "a");
  assert.equal((await stream.next()).done, true);
  while (a.host.connectionCount() > 0) await caller.greeter.sayHello({});
});

test("a name that cannot be resolved fails the calls that wait for it, and none that have servers", async () => {
  await using a = await startReplica("a");
  let failure: Error | undefined = new Error("no such name");
  let asked = 0;
  const balance = {
    async resolve() {
      asked++;
      if (failure) throw failure;
      return { addresses: addressesOf([a]), ttlMs: 0 };
    },
  };
  await using caller = connect({ baseUrl: "dns:///greeter:1", balance, retry: false });
  await assert.rejects(caller.greeter.sayHello({}), {
    code: Code.Unavailable,
    rawMessage: "no server of greeter can be called: no such name",
  });
  failure = undefined;
  await untilOnly(caller, "a");
  failure = new Error("no such name any more");
  const before = asked;
  while (asked < before + 2) assert.deepEqual(await namesOf(caller, 1), ["a"]);
  const nowhere = { resolve: async () => ({ addresses: [] }) };
  await using empty = connect({ baseUrl: "dns:///greeter:1", balance: nowhere, retry: false });
  await assert.rejects(empty.greeter.sayHello({}), { code: Code.Unavailable, message: /it has no addresses/ });
});

test("of many servers only as many as the subset are connected to", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using c = await startReplica("c");
  const replicas = [a, b, c];
  const balance = { subset: { size: 2, seed: "1" } };
  await using caller = connect({ baseUrl: replicas.map(({ baseUrl }) => baseUrl), balance });
  for (let seen = new Set<string>(); seen.size < 2; ) seen = new Set(await namesOf(caller, 4));
  await namesOf(caller, 20);
  assert.equal(replicas.filter(({ calls }) => calls > 0).length, 2);
  assert.equal(replicas.filter(({ host }) => host.connectionCount() > 0).length, 2);
});

test("servers of a list are called by their own names, and by one that is given", async () => {
  const authorities: string[] = [];
  await using a = await startWithoutHealth("a", authority => authorities.push(authority));
  await using b = await startWithoutHealth("b", authority => authorities.push(authority));
  const baseUrl = [a.baseUrl, b.baseUrl];
  await using own = connect({ baseUrl, balance: { health: false } });
  await untilOnly(own, "a", "b");
  assert.deepEqual(new Set(authorities), new Set(baseUrl.map(url => new URL(url).host)));
  authorities.length = 0;
  await using given = connect({ baseUrl, authority: "api.example.com" });
  await untilOnly(given, "a", "b");
  assert.deepEqual(new Set(authorities), new Set(["api.example.com"]));
});

test("calls after the close fail, and those in flight with it", async () => {
  await using a = await startReplica("a");
  a.work = () => new Promise(() => {});
  const transport = createWireTransport({ baseUrl: [a.baseUrl], protocol: "grpc" });
  const greeter = createClient(Greeter, transport);
  const begun = greeter.sayHello({});
  while (a.calls === 0) await new Promise(setImmediate);
  transport.close();
  await assert.rejects(begun, { code: Code.Canceled });
  await assert.rejects(greeter.sayHello({}), { code: Code.Canceled, rawMessage: "the client is closed" });
});

test("a client of many servers keeps no process running", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  const program = fileURLToPath(new URL("call-and-leave.fixture.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, a.baseUrl, b.baseUrl]);
  assert.match(stdout, /^[ab]$/);
});
