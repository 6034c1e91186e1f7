import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatLog, SaidMessage, StoreHealth } from "../store/user-store.ts";
import { type ChatMember, type ChatRelay, createChatRelay, createMemoryRelay } from "./chat-relay.ts";

/** A log in memory, as a shared store has one in its database; what others say comes in by `say`, too. */
class Log implements ChatLog {
  readonly messages: SaidMessage[] = [];
  readonly listeners = new Set<() => void>();
  failure: Error | undefined;

  async say(body: Uint8Array): Promise<number> {
    const seq = (this.messages.at(-1)?.seq ?? 0) + 1;
    this.messages.push({ seq, body });
    for (const listener of this.listeners) listener();
    return seq;
  }

  async newest(): Promise<number> {
    return this.messages.at(-1)?.seq ?? 0;
  }

  async read(after: number, limit: number): Promise<readonly SaidMessage[]> {
    if (this.failure !== undefined) throw this.failure;
    return this.messages.filter(({ seq }) => seq > after).slice(0, limit);
  }

  onSaid(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

function relayOf(log: Log): ChatRelay {
  const health = (): StoreHealth => ({ state: "ready" });
  return createChatRelay({ chat: log, health, onHealth: () => () => {} });
}

class Member implements ChatMember {
  readonly heard: string[] = [];
  readonly failed = Promise.withResolvers<unknown>();

  hear(message: Uint8Array): void {
    this.heard.push(Buffer.from(message).toString());
  }

  fail(error: unknown): void {
    this.failed.resolve(error);
  }
}

const bytes = (text: string) => Buffer.from(text);

test("who says something has heard it when that is done, and so has everybody, in one order", async () => {
  const log = new Log();
  for (const relay of [createMemoryRelay(), relayOf(log)]) {
    const [ann, bob] = [new Member(), new Member()];
    await relay.join(ann);
    await relay.say(bytes("one"));
    await relay.join(bob);
    await Promise.all([relay.say(bytes("two")), relay.say(bytes("three"))]);
    assert.deepEqual(ann.heard, ["one", "two", "three"]);
    assert.deepEqual(bob.heard, ["two", "three"]);
    relay.leave(ann);
    await relay.say(bytes("four"));
    assert.equal(ann.heard.length, 3);
    assert.equal(bob.heard.at(-1), "four");
    relay.leave(bob);
  }
  assert.equal(log.listeners.size, 0);
});

test("what another process says is heard, and what was said before nobody", async () => {
  const log = new Log();
  await log.say(bytes("before"));
  const [here, there] = [relayOf(log), relayOf(log)];
  const [ann, bob] = [new Member(), new Member()];
  await here.join(ann);
  await there.join(bob);
  for (let i = 0; i < 300; i++) await (i % 2 === 0 ? here : there).say(bytes(`${i}`));
  await Promise.all([here.say(bytes("end")), there.say(bytes("end"))]);
  assert.deepEqual(
    ann.heard.slice(0, 300),
    Array.from({ length: 300 }, (_, i) => `${i}`),
  );
  assert.deepEqual(bob.heard.slice(0, 300), ann.heard.slice(0, 300));
  here.leave(ann);
  await there.say(bytes("alone"));
  await here.join(ann);
  await here.say(bytes("again"));
  assert.equal(ann.heard.at(-1), "again");
  assert.ok(!ann.heard.includes("alone"));
  here.leave(ann);
  there.leave(bob);
});

test("a room that has lost messages sends its members away, rather than leave them out in silence", async () => {
  const log = new Log();
  const relay = relayOf(log);
  const member = new Member();
  await relay.join(member);
  await relay.say(bytes("one"));
  log.messages.push({ seq: 3, body: bytes("three") });
  for (const listener of log.listeners) listener();
  assert.match(String(await member.failed.promise), /out of reach for longer than its messages are kept/);
  assert.deepEqual(member.heard, ["one"]);
  const next = new Member();
  await relay.join(next);
  await relay.say(bytes("four"));
  assert.deepEqual(next.heard, ["four"]);
  relay.leave(next);
});

test("a fault of the log ends the room for its members", async () => {
  const log = new Log();
  const relay = relayOf(log);
  const member = new Member();
  await relay.join(member);
  log.failure = new Error("a fault");
  void relay.say(bytes("one"));
  assert.equal(await member.failed.promise, log.failure);
});
