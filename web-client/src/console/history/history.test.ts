import assert from "node:assert/strict";
import { test } from "node:test";
import { CallLog } from "../call/call-log.ts";
import type { Headers } from "../call/call-record.ts";
import { type KeptCall, readKeptCall, toEntry } from "./kept-call.ts";
import { packCall, unpackCall } from "./packed-call.ts";

const kept: KeptCall = {
  method: "greeter.Greeter/SayHello",
  protocol: "grpc",
  messages: ['{"name": "Grüße 🙂"}', "{"],
  deadline: "1500",
};

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return Buffer.from(await new Response(stream).arrayBuffer()).toString("base64url");
}

test("a call is the same once it is packed and unpacked, also one whose message is not complete", async () => {
  const packed = await packCall(kept);
  assert.match(packed, /^[\w-]+$/);
  assert.deepEqual(await unpackCall(packed), kept);
});

test("a link has no headers and no token, whatever it is made of", async () => {
  const more = { ...kept, headers: "authorization: secret", token: "secret" };
  assert.deepEqual(await unpackCall(await packCall(more)), kept);
});

test("a link that unfolds to too much is let go of while it unfolds", async () => {
  const bomb = await deflate(new Uint8Array(8 * 1024 * 1024));
  assert.ok(bomb.length < 16_000);
  await assert.rejects(unpackCall(bomb), /unfolds to more than 262144 bytes/);
});

test("what is no call is refused, and what is too large for a link is not packed", async () => {
  const json = (value: unknown) => deflate(new TextEncoder().encode(JSON.stringify(value)));
  for (const packed of [
    "",
    "!",
    "AAAA",
    "A".repeat(20_000),
    await json(null),
    await json({ ...kept, method: "javascript:alert(1)" }),
    await json({ ...kept, protocol: "toString" }),
    await json({ ...kept, messages: [] }),
    await json({ ...kept, messages: [1] }),
    await json({ ...kept, deadline: "1e9" }),
  ]) {
    await assert.rejects(unpackCall(packed), /^Error: The link holds no call: /, packed.slice(0, 20));
  }
  const noise = Array.from({ length: 30_000 }, (_, n) =>
    String.fromCharCode(33 + ((n * n * 7919 + n * 104_729) % 8191)),
  ).join("");
  await assert.rejects(packCall({ ...kept, messages: [noise] }), /too large for a link/);
  assert.throws(() => readKeptCall({ ...kept, messages: Array(51).fill("{}") }), /more than 50/);
});

test("the history keeps what a person typed, and nothing that says who calls", () => {
  const requestHeaders: Headers = [
    ["authorization", "Bearer s"],
    ["cookie", "s"],
    ["x-api-key", "s"],
    ["x-auth-token", "s"],
    ["grpc-timeout", "5m"],
    ["content-type", "application/json"],
    ["x-mine", "1"],
  ];
  const start = { method: kept.method, httpMethod: "POST", target: "", requestHeaders, deadlineMs: 5, startedAt: 7 };
  const log = new CallLog({ ...start, protocol: "connect-json" }, () => undefined);
  log.sent({ name: "Ada" }, { bytes: new Uint8Array(), payloadAt: 0, encoding: "json" });
  assert.equal(toEntry(log), undefined);
  log.ended({ code: "ok", message: "", details: [] });
  const { ms, ...entry } = toEntry(log) ?? { ms: -1 };
  assert.ok(ms >= 0);
  assert.deepEqual(entry, {
    at: 7,
    method: kept.method,
    protocol: "connect-json",
    messages: ['{\n  "name": "Ada"\n}'],
    deadline: "5",
    headers: "x-mine: 1",
    code: "ok",
    received: 0,
  });
});
