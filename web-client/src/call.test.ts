import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { Greeter, type HelloReply } from "../../gen/greeter/greeter_pb.ts";
import { type CallProgress, runCall } from "./call.ts";

const transport = createRouterTransport(({ service }) => {
  service(Greeter, {
    sayHello: () => {
      throw new ConnectError("no such guest", Code.NotFound);
    },
    async *sayHelloStream({ name }, { signal }) {
      yield { message: `Hello ${name}!` };
      yield { message: "again" };
      if (name === "Slow") await delay(60_000, undefined, { signal });
    },
  });
});
const client = createClient(Greeter, transport);

function stream(
  name: string,
  plan: { signal?: AbortSignal; timeoutMs?: number; onReply?: (reply: HelloReply) => void },
) {
  const { signal = new AbortController().signal, timeoutMs, onReply = () => {} } = plan;
  return runCall({ open: options => client.sayHelloStream({ name }, options), signal, timeoutMs, onReply });
}

test("a call that succeeds ends with ok and counts its replies", async () => {
  const messages: string[] = [];
  const result = await stream("Ada", { onReply: reply => messages.push(reply.message) });
  assert.deepEqual(messages, ["Hello Ada!", "again"]);
  assert.equal(result.code, "ok");
  assert.equal(result.replies, 2);
});

test("times are counted from the start of the call", async () => {
  let clock = 100;
  async function* open() {
    clock += 20;
    yield "first";
    clock += 30;
    yield "second";
    clock += 5;
  }
  const seen: CallProgress[] = [];
  const { signal } = new AbortController();
  const onReply = (_: string, progress: CallProgress) => seen.push(progress);
  const result = await runCall({ open, signal, timeoutMs: undefined, onReply, now: () => clock });
  assert.deepEqual(seen, [
    { elapsedMs: 20, replies: 1, firstReplyMs: 20 },
    { elapsedMs: 50, replies: 2, firstReplyMs: 20 },
  ]);
  assert.deepEqual(result, { elapsedMs: 55, replies: 2, firstReplyMs: 20, code: "ok", message: "", advice: "" });
});

test("an aborted call ends with canceled and keeps the count of what had arrived", async () => {
  const abort = new AbortController();
  const result = await stream("Slow", {
    signal: abort.signal,
    onReply: ({ message }) => message === "again" && abort.abort(),
  });
  assert.equal(result.code, "canceled");
  assert.equal(result.replies, 2);
});

test("a call that outlives its deadline ends with deadline_exceeded", async () => {
  assert.equal((await stream("Slow", { timeoutMs: 20 })).code, "deadline_exceeded");
});

test("a failed call ends with its code and message", async () => {
  async function* open() {
    yield await client.sayHello({});
  }
  const { signal } = new AbortController();
  const result = await runCall({ open, signal, timeoutMs: undefined, onReply: () => {} });
  assert.equal(result.code, "not_found");
  assert.equal(result.message, "no such guest");
  assert.equal(result.firstReplyMs, undefined);
});
