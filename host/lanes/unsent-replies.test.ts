import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type NodeAccount, UnsentReplies, type UnsentReply } from "./unsent-replies.ts";

const limits = { maxUnsentBytesPerConnection: 10, maxUnsentBytes: 100, replyStallMs: 3_600_000 };

function reply(name: string, account: NodeAccount, cut: (name: string) => void = () => assert.fail()): UnsentReply {
  return { account, unsent: 0, progressAt: 0, peer: () => name, cut: () => cut(name) };
}

test("above the bound of all, the replies without progress for longest are cut", () => {
  const cuts: string[] = [];
  const replies = new UnsentReplies(limits, (reason, peer) => cuts.push(`${peer}: ${reason}`));
  const ended: string[] = [];
  const [first, second, third] = ["first", "second", "third"].map(name =>
    reply(name, replies.accountOf({}), one => ended.push(one)),
  ) as [UnsentReply, UnsentReply, UnsentReply];
  replies.note(first, 40);
  replies.note(second, 40);
  // Its client reads.
  replies.note(first, 39);
  replies.note(third, 40);
  assert.deepEqual(ended, ["second"]);
  assert.deepEqual(cuts, ["second: unsent replies"]);
  assert.equal(second.account.bytes, 0);
  replies.note(first, 0);
  replies.note(third, 100);
  assert.deepEqual(ended, ["second"]);
});

test("a reply without progress is cut after its time", async () => {
  const stalled = Promise.withResolvers<string>();
  const replies = new UnsentReplies({ ...limits, replyStallMs: 4 }, reason => stalled.resolve(reason));
  replies.note(
    reply("stalled", replies.accountOf({}), () => undefined),
    10,
  );
  const alive = setInterval(() => undefined, 1000);
  assert.equal(await stalled.promise, "stalled reply");
  clearInterval(alive);
});

test("requests of a connection with much to send wait until there is less", async () => {
  const replies = new UnsentReplies(limits);
  const account = replies.accountOf({});
  const large = reply("large", account);
  assert.equal(replies.room({ account }, false), undefined);
  replies.note(large, 10);
  const order: number[] = [];
  const waiting = [1, 2].map(async n => {
    await replies.room({ account }, false);
    order.push(n);
  });
  assert.equal(replies.room({ account: replies.accountOf({}) }, false), undefined, "another connection does not wait");
  await setImmediate();
  assert.deepEqual(order, []);
  replies.note(large, 9);
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2]);
  assert.equal(replies.room({ account }, false), undefined);
});

test("a connection's compressed requests are unfolded one by one", async () => {
  const replies = new UnsentReplies(limits);
  const account = replies.accountOf({});
  assert.equal(replies.room({ account }, true), undefined);
  let second = false;
  const waiting = replies.room({ account }, true)?.then(() => {
    second = true;
  });
  await setImmediate();
  assert.equal(second, false);
  account.unfolded();
  await waiting;
  account.unfolded();
  assert.equal(replies.room({ account }, true), undefined);
});
