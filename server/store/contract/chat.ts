import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChatLog, UserStore } from "../user-store.ts";
import type { SharedDriver } from "./replicas.ts";

/** What a store that processes share promises of its chat room. */
export function chatContract({ name, openSeveral }: SharedDriver): void {
  async function openRooms(t: { after(end: () => Promise<unknown>): void }, count: number): Promise<ChatLog[]> {
    const stores = await openSeveral(count);
    t.after(() => Promise.all(stores.map(store => store.close())));
    return stores.map(chatOf);
  }

  describe(`the chat room of ${name}`, () => {
    test("what several processes say at the same time has one order, without a gap, and the same for all", async t => {
      const rooms = await openRooms(t, 3);
      const numbers = await Promise.all(
        Array.from({ length: 90 }, (_, i) => (rooms[i % 3] as ChatLog).say(Buffer.from(`${i}`))),
      );
      assert.deepEqual(
        numbers.toSorted((a, b) => a - b),
        Array.from({ length: 90 }, (_, i) => i + 1),
      );
      const heard = await Promise.all(rooms.map(room => room.read(0, 1000)));
      assert.deepEqual(heard[1], heard[0]);
      assert.deepEqual(heard[2], heard[0]);
      for (const [i, seq] of numbers.entries()) {
        assert.equal(Buffer.from(heard[0]?.[seq - 1]?.body ?? []).toString(), `${i}`);
      }
      assert.equal(await rooms[1]?.newest(), 90);
      assert.equal((await rooms[2]?.read(80, 5))?.[0]?.seq, 81);
    });

    test("what one says, in a row, keeps its order", async t => {
      const [room] = (await openRooms(t, 1)) as [ChatLog];
      const numbers = await Promise.all(["a", "b", "c"].map(text => room.say(Buffer.from(text))));
      assert.deepEqual(numbers, [1, 2, 3]);
    });

    test("what is said is hinted at in each process", async t => {
      const rooms = await openRooms(t, 2);
      const told = rooms.map(room => {
        const { promise, resolve } = Promise.withResolvers<void>();
        room.onSaid(resolve);
        return promise;
      });
      await rooms[0]?.say(Buffer.from("x"));
      await Promise.all(told);
    });
  });
}

function chatOf({ chat }: UserStore): ChatLog {
  assert.ok(chat);
  return chat;
}
