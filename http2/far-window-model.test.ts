import assert from "node:assert/strict";
import { test } from "node:test";
import { baseBytes, exposedBytes, FarClient } from "./far-client.fixture.ts";
import { FrameType } from "./frames.ts";
import { connectionGrowthBytes, MemoryBudget } from "./memory-budget.ts";
import { seeded } from "./peer.fixture.ts";

test("Both sides agree on windows that widen and narrow, whenever the client learns of it, and memory stays bounded", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const below = seeded(seed);
    const isAllRead = seed % 2 === 0;
    const hasGrowth = below(4) > 0;
    const client = new FarClient(100, { growth: new MemoryBudget(hasGrowth ? 64 * 1024 * 1024 : 0) });
    const { connection } = client.peer;
    const bound = baseBytes + (hasGrowth ? connectionGrowthBytes : 0);
    const sent = new Map<number, number>();
    const learn = () => {
      const failure = client.learn().find(({ type }) => type === FrameType.goaway);
      assert.equal(failure, undefined, `seed ${seed}: ${failure?.payload.toString("utf8", 8)}`);
    };
    for (let step = 0; step < 250; step++) {
      const id = 2 * below(6) + 3;
      const action = below(12);
      if (client.streams.length < 6) {
        const opened = client.open();
        if (isAllRead) opened.resume();
      }
      const stream = client.streams[(id - 3) / 2];
      if (action === 0 && !isAllRead) stream?.pause();
      else if (action === 1) stream?.resume();
      else if (action === 2) stream?.want(below(2_000_000));
      else if (action < 5) learn();
      else if (stream !== undefined) {
        const bytes = below(6) === 0 ? below(3_000_000) : below(30_000);
        sent.set(id, (sent.get(id) ?? 0) + client.fill(id, bytes));
        client.peer.clock.advance(below(3));
      }
      assert.ok(exposedBytes(client) <= bound, `seed ${seed}, step ${step}: ${exposedBytes(client)} bytes`);
    }
    for (const stream of client.streams) stream.resume();
    client.settle();
    assert.equal(client.announced.length, isAllRead ? 1 : 2, `seed ${seed}`);
    assert.equal(connection.window.unread, 0, `seed ${seed}`);
    assert.equal(client.windows.get(0), connection.window.available, `seed ${seed}`);
    for (const { id, window } of client.streams) {
      assert.equal(client.windows.get(id), window.available, `seed ${seed}, stream ${id}`);
      assert.ok(window.available * 4 > window.size * 3 - 4, `seed ${seed}: stream ${id}, which is read, may not go on`);
    }
    for (const [index, { chunks }] of client.collectors.entries()) {
      const received = chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
      assert.equal(received, sent.get(2 * index + 3) ?? 0, `seed ${seed}`);
    }
    for (const stream of client.streams) stream.reset();
    assert.equal(connection.growth.left, connectionGrowthBytes, `seed ${seed}: growth is given back`);
  }
});
