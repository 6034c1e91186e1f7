import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { DirectoryService, type SubscribeResponse } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { QUEUE_LIMITS } from "../../server/directory/feed/item-queue.ts";
import { ALL, endsWith, read, Stream, untilZero } from "../support/feed.ts";
import { startServer } from "../support/server.ts";

/** Events a second, and in all. */
const RATE = 500;
const EVENTS = 5000;
/** Half of the slow readers take one message in so many events; the others take none. */
const SLOW_SHARE = 10;
const SLOW_READERS = 10;
/** Too small for a lane to compress: a lane that compresses for each stream would measure zlib. */
const PAYLOAD_BYTES = 500;

/** The keys of the events in a message. */
function keysIn({ message }: SubscribeResponse): string[] {
  if (message.case !== "transaction") return [];
  return message.value.events.map(({ payload }) => Buffer.from(payload.subarray(0, 8)).toString());
}

test("slow readers are let go of with a token, with bounded queues, and a fast one beside them gets all", async t => {
  await using server = await startServer({ MAX_STREAMS_PER_CONNECTION: "1000", LOG_LEVEL: "error" });
  const { baseUrl } = server;
  const { feed } = server.app;
  // A connection each: what a client does not read must hold up none but itself.
  const open = () => {
    const reader = createClient(DirectoryService, createGrpcTransport({ baseUrl }));
    return new Stream(options => reader.subscribe({ selector: ALL }, options));
  };
  const slow = Array.from({ length: SLOW_READERS }, open);
  const fast = open();
  await Promise.all([...slow, fast].map(read));

  const sent = new Map<string, number>();
  const got: string[] = [];
  const delays: number[] = [];
  async function readFast() {
    while (got.length < EVENTS) {
      for (const key of keysIn(await read(fast))) {
        got.push(key);
        delays.push(performance.now() - (sent.get(key) ?? Number.NaN));
      }
    }
  }
  const client = createClient(DirectoryService, createGrpcTransport({ baseUrl }));
  let most = { messages: 0, bytes: 0 };
  async function report(index: number) {
    const key = String(index).padStart(8, "0");
    sent.set(key, performance.now());
    await client.reportEvent({ userId: "1", type: "login", payload: Buffer.from(key.padEnd(PAYLOAD_BYTES, "x")) });
    const { messages, bytes } = feed.waiting;
    most = { messages: Math.max(most.messages, messages), bytes: Math.max(most.bytes, bytes) };
  }

  const reading = readFast();
  const over = new AbortController();
  const ends = Promise.all(
    slow.map(async (reader, index) => {
      if (index % 2 === 0) await once(over.signal, "abort");
      let taken = 0;
      async function next() {
        taken++;
        while (!over.signal.aborted && sent.size < taken * SLOW_SHARE) await setTimeout(10);
        return reader.next();
      }
      return endsWith({ next }, Code.ResourceExhausted, /^the subscriber is more than 1000 messages/);
    }),
  );
  ends.catch(() => {});
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const begin = performance.now();
  for (let i = 0; i < EVENTS; i += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, j) => report(i + j)));
    await setTimeout(Math.max(0, begin + ((i + 10) * 1000) / RATE - performance.now()));
  }
  await reading;
  const rate = EVENTS / ((performance.now() - begin) / 1000);
  globalThis.gc?.();
  const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  over.abort();

  delays.sort((a, b) => a - b);
  const p99 = delays[Math.floor(delays.length * 0.99)] ?? 0;
  t.diagnostic(
    `${rate.toFixed(0)} events/s; p99 from the call to the fast reader ${p99.toFixed(1)} ms; at most ` +
      `${most.messages} messages and ${most.bytes} bytes waited for ${SLOW_READERS} slow readers; heap +${grown.toFixed(1)} MB`,
  );
  assert.deepEqual(got.toSorted(), [...sent.keys()].toSorted(), "the fast reader gets every event once");
  assert.equal(feed.subscribers, 1, "the slow ones are let go of");
  assert.ok(most.messages > QUEUE_LIMITS.maxItems, "queues were full");
  assert.ok(most.messages <= (SLOW_READERS + 1) * QUEUE_LIMITS.maxItems);
  assert.ok(most.bytes <= (SLOW_READERS + 1) * QUEUE_LIMITS.maxBytes);
  assert.deepEqual(feed.waiting, { messages: 0, bytes: 0 });
  assert.ok(grown < 64, `the heap grew by ${grown} MB`);
  for (const { resumeToken } of await ends) assert.notEqual(resumeToken, "");
  for (const reader of [...slow, fast]) reader.leave();
  await untilZero(() => feed.subscribers);
});
