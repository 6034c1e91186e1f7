import assert from "node:assert/strict";
import * as net from "node:net";
import { test } from "node:test";
import { type Concierge, createConcierge, Start } from "../../client/index.ts";
import { protocols } from "../../client/protocol.ts";
import { createRandom } from "../support/random.ts";
import { startServer } from "../support/server.ts";
import { startTcp } from "../support/tcp-server.ts";

const writes = 300;
const imports = 30;
/** The longest life of a connection, in bytes of either way: a few dozen calls. */
const longestLife = 30_000;
/** Of users an import, so that most are cut: about two KiB a user. */
const imported = 10;
const bio = "x".repeat(2000);

/** Hands a connection on until so many bytes have gone either way, and then resets it in the middle of whatever goes on. */
function passOnFor(socket: net.Socket, port: number, bytes: number): void {
  const onward = net.connect(port, "127.0.0.1");
  let left = bytes;
  for (const [from, to] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    from.on("error", () => {});
    from.on("close", () => to.destroy());
    from.on("data", (chunk: Buffer) => {
      to.write(chunk.subarray(0, Math.max(left, 0)));
      left -= chunk.length;
      // What was written is on its way: half a frame, often.
      if (left <= 0) setImmediate(() => socket.resetAndDestroy());
    });
  }
}

/** All events from where the watch begins, until there were `count`. */
async function follow(concierge: Concierge, count: number, onLive: () => void): Promise<string[]> {
  const events: string[] = [];
  const onConnection = ({ state }: { readonly state: string }) => state === "live" && onLive();
  for await (const item of concierge.watch({ start: Start.EARLIEST, onConnection })) {
    assert.notEqual(item.kind, "relist");
    if (item.kind === "transaction") events.push(...item.events.map(({ userId, type }) => `${type} ${userId}`));
    if (events.length >= count) break;
  }
  return events;
}

for (const protocol of protocols) {
  test(`what is written and watched is whole where connections are cut at any byte, over ${protocol}`, async t => {
    const seed = Number(process.env.FAULTS_SEED ?? 1);
    t.diagnostic(`FAULTS_SEED=${seed}`);
    const random = createRandom(seed);
    // Pauses are a random part of the longest; these are short ones.
    t.mock.method(Math, "random", () => 0.05);
    await using server = await startServer({ DEMO_DATA: "false", LOG_LEVEL: "error" });
    await using front = await startTcp(socket => passOnFor(socket, server.port, random.below(longestLife)));
    const retry = { maxTokens: 1000, tokenRatio: 1, initialBackoffMs: 1, waitForReady: true };
    await using concierge = createConcierge({ baseUrl: front.baseUrl, protocol, deadlineMs: 0, retry });
    const total = writes + imports * imported;
    let live = 0;
    const watching = follow(concierge, total, () => live++);

    const ids: string[] = [];
    /** Once more, as a person would, what five attempts did not do. The request id makes it the same write. */
    async function insist<T>(call: () => Promise<T>): Promise<T> {
      for (;;) {
        const result = await call().catch(reason => {
          assert.match(String(reason), /\[unavailable\]/);
        });
        if (result !== undefined) return result;
      }
    }
    let next = 0;
    async function write() {
      for (let n = next++; n < writes; n = next++) {
        const request = { user: { name: `User ${n}`, email: `u${n}@x.org` }, requestId: crypto.randomUUID() };
        ids.push((await insist(() => concierge.directory.createUser(request))).id);
      }
    }
    async function importAll() {
      for (let n = 0; n < imports; n++) {
        const requestId = crypto.randomUUID();
        async function* users() {
          for (let m = 0; m < imported; m++) yield { user: { name: "Ada", email: `i${n}.${m}@x.org`, bio }, requestId };
        }
        ids.push(...(await insist(() => concierge.directory.importUsers(users()))).ids);
      }
    }
    await Promise.all([importAll(), ...Array.from({ length: 6 }, write)]);
    assert.equal(new Set(ids).size, total);
    const events = await watching;
    assert.deepEqual(new Set(events), new Set(ids.map(id => `created ${id}`)));
    assert.equal(events.length, total);

    await using direct = createConcierge({ baseUrl: server.baseUrl });
    assert.deepEqual(events, await follow(direct, total, () => {}));
    t.diagnostic(`${front.connections} connections; the watch was live ${live} times`);
    assert.ok(front.connections > 20 && live > 1);
  });
}
