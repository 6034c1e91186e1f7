import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { MergedStreams } from "./merged-streams.ts";

function open(signal = new AbortController().signal) {
  let ends = 0;
  const merged = new MergedStreams<string>({
    signal,
    onFailure(error, key) {
      if (key === "mild") return `${key}: ${error}`;
      throw error;
    },
    onEnd: () => {
      ends += 1;
    },
  });
  return { merged, ends: () => ends };
}

async function* source(...items: (string | Error)[]): AsyncGenerator<string> {
  for (const item of items) {
    if (item instanceof Error) throw item;
    yield item;
  }
}

test("items of all sources come, each source's in order, and the end with the last one", async () => {
  const { merged, ends } = open();
  merged.add("a", source("a1", "a2"));
  merged.add("b", source("b1"));
  merged.put("own");
  merged.complete();
  const items = await Array.fromAsync(merged);
  assert.deepEqual(items.toSorted(), ["a1", "a2", "b1", "own"]);
  assert.ok(items.indexOf("a1") < items.indexOf("a2"));
  assert.equal(ends(), 1);
});

test("a source that fails is told of, or ends all, after what waits", async () => {
  const { merged, ends } = open();
  merged.add("mild", source("m1", new TypeError("broken")));
  const read: string[] = [];
  while (read.length < 2) read.push((await merged.next()).value ?? "");
  assert.deepEqual(read, ["m1", "mild: TypeError: broken"]);
  merged.put("waits");
  merged.fail(new RangeError("over"));
  assert.equal((await merged.next()).value, "waits");
  await assert.rejects(merged.next(), RangeError);
  assert.equal(ends(), 1);
});

test("nothing of a source that was removed follows", async () => {
  const { merged } = open();
  merged.add("a", source("a1"));
  await new Promise(setImmediate);
  merged.remove("a");
  merged.put("removed");
  assert.equal((await merged.next()).value, "removed");
  merged.complete();
  assert.equal((await merged.next()).done, true);
});

test("what is put is bounded by count and by bytes", async () => {
  for (const [count, bytes] of [
    [1000, 1],
    [2, 524_288],
  ] as const) {
    const { merged } = open();
    for (let i = 0; i < count; i++) merged.put(`${i}`, bytes);
    assert.equal(merged.ended, false);
    merged.put("one more", bytes);
    assert.equal(merged.ended, true);
    for (let i = 0; i < count; i++) assert.equal((await merged.next()).value, `${i}`);
    await assert.rejects(merged.next(), error => ConnectError.from(error).code === Code.ResourceExhausted);
  }
});

test("a signal ends the stream while it waits, and its consumer's return as well", async () => {
  const stop = new AbortController();
  const { merged, ends } = open(stop.signal);
  const waiting = merged.next();
  const reason = new Error("over");
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  const other = open();
  const read = other.merged.next();
  await other.merged.return();
  assert.equal((await read).done, true);
  assert.deepEqual([ends(), other.ends()], [1, 1]);
});
