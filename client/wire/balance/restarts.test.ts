import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { DirectoryService } from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { createWireTransport } from "../transport.ts";
import { type Replica, startFront, startReplica } from "./replicas.fixture.ts";

const callers = 16;
const restarts = 6;

/** Longer than any call here takes. */
const graceMs = 60_000;

/** Makes calls without a pause, each with a name of its own, while one of two servers is restarted again and again. */
async function callThroughRestarts(
  options: { readonly retry: false | object },
  call: (name: string, transport: ReturnType<typeof createWireTransport>) => Promise<unknown>,
  stop: (replica: Replica) => Promise<void>,
) {
  /** How often each name was served. */
  const served = new Map<string, number>();
  const work = async (name = "") => {
    served.set(name, (served.get(name) ?? 0) + 1);
    await setImmediate();
  };
  const steady = await startReplica("a", graceMs);
  steady.work = work;
  await using _steady = steady;
  let other = await startReplica("b", graceMs);
  await using front = await startFront(other);
  const baseUrl = [steady.baseUrl, front.baseUrl];
  await using transport = createWireTransport({ baseUrl, protocol: "grpc", deadlineMs: 60_000, ...options });
  const outcomes = new Map<string, ConnectError | undefined>();
  let isOver = false;
  let begun = 0;
  async function keepOne() {
    while (!isOver) {
      const name = `call ${begun++}`;
      await call(name, transport).then(
        () => outcomes.set(name, undefined),
        reason => outcomes.set(name, ConnectError.from(reason)),
      );
    }
  }
  const calling = Array.from({ length: callers }, keepOne);
  for (let restart = 0; restart < restarts; restart++) {
    other.work = work;
    // In the midst of its work.
    while (other.calls < 10 * callers) await setImmediate();
    front.server = undefined;
    await stop(other);
    other = await startReplica("b", graceMs);
    front.server = other;
  }
  isOver = true;
  await Promise.all(calling);
  await other[Symbol.asyncDispose]();
  return { served, outcomes };
}

const hello = (name: string, transport: ReturnType<typeof createWireTransport>) =>
  createClient(Greeter, transport).sayHello({ name });

test("no call is lost, and none made twice, where servers drain, without any retries", async () => {
  const { served, outcomes } = await callThroughRestarts({ retry: false }, hello, replica => replica.host.close());
  assert.deepEqual(
    [...outcomes.values()].filter(error => error !== undefined),
    [],
  );
  for (const name of outcomes.keys()) assert.equal(served.get(name), 1, name);
});

/** Cuts whatever is in flight. */
async function kill({ host }: Replica): Promise<void> {
  const closed = host.close();
  host.abort();
  await closed;
}

test("where servers are killed, a call that must not be made twice is not, and fails with UNAVAILABLE at worst", async () => {
  const { served, outcomes } = await callThroughRestarts({ retry: {} }, hello, kill);
  for (const [name, error] of outcomes) {
    const times = served.get(name) ?? 0;
    if (error === undefined) assert.equal(times, 1, name);
    else {
      assert.equal(error.code, Code.Unavailable, error.message);
      assert.ok(times <= 1, `${name} was served ${times} times`);
    }
  }
});

test("where servers are killed, no call is lost that may be repeated", async () => {
  const list = (_name: string, transport: ReturnType<typeof createWireTransport>) =>
    Promise.all([hello(_name, transport).catch(() => {}), createClient(DirectoryService, transport).listUsers({})]);
  // The budget is for servers that fail; here all that fails is another try.
  const retry = { maxTokens: 1000, tokenRatio: 1 };
  const { outcomes } = await callThroughRestarts({ retry }, list, kill);
  assert.deepEqual(
    [...outcomes.values()].filter(error => error !== undefined),
    [],
  );
});
