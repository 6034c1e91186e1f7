import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  createClient,
  decodeBinaryHeader,
  encodeBinaryHeader,
} from "@connectrpc/connect";
import { createWireTransport, type NodeClientOptions } from "../../../client/index.ts";
import { Greeter, HelloReplySchema } from "../../../gen/greeter/greeter_pb.ts";

type GreeterClient = Client<typeof Greeter>;
type Kind = keyof typeof kinds;

/** As the servers say it. */
const refusal = "not so: 100 % naïve\n☃";

/** Enough for a call to come to the server on a busy machine. */
const deadlineMs = 2_000;

const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);

/** A client of the greeter that makes each call once. */
export function connectGreeter(options: NodeClientOptions) {
  const transport = createWireTransport({ retry: false, ...options });
  return { greeter: createClient(Greeter, transport), [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

/** Fields that a server tells back, in the head of a reply and behind it. */
function askBack(act?: string): Headers {
  const headers = new Headers({ "x-ask": "one, two", "x-ask-bin": encodeBinaryHeader(bytes) });
  if (act !== undefined) headers.set("act", act);
  return headers;
}

function assertTold(fields: Headers, where: "head" | "tail"): void {
  assert.equal(fields.get(`x-${where}`), "one, two");
  assert.deepEqual(decodeBinaryHeader(fields.get(`x-${where}-bin`) ?? ""), bytes);
}

/** Messages without an end, one a turn of the event loop: at once they would be more than grpcio reads in a second. */
async function* endless(name: string) {
  for (;;) {
    yield { name };
    await setImmediate();
  }
}

/** Names that are sent one after the other, each when the test says so. */
function spoken() {
  const names: string[] = [];
  let told = Promise.withResolvers<void>();
  let isOver = false;
  const tell = () => {
    told.resolve();
    told = Promise.withResolvers();
  };
  async function* messages() {
    for (;;) {
      for (let name = names.shift(); name !== undefined; name = names.shift()) yield { name };
      if (isOver) return;
      await told.promise;
    }
  }
  return {
    messages: messages(),
    say(name: string) {
      names.push(name);
      tell();
    },
    end() {
      isOver = true;
      tell();
    },
  };
}

/** Each kind of call, read to its end: what its replies say. Of endless requests the server answers the first. */
const kinds = {
  unary: async (greeter: GreeterClient, name: string, options: CallOptions) => [
    (await greeter.sayHello({ name }, options)).message,
  ],
  "server streaming": (greeter: GreeterClient, name: string, options: CallOptions) =>
    Array.fromAsync(greeter.sayHelloStream({ name, age: 3 }, options), ({ message }) => message),
  "client streaming": async (greeter: GreeterClient, name: string, options: CallOptions) => [
    (await greeter.sayHelloToMany(endless(name), options)).message,
  ],
  bidirectional: (greeter: GreeterClient, name: string, options: CallOptions) =>
    Array.fromAsync(greeter.chat(endless(name), options), ({ message }) => message),
};

export const kindNames = Object.keys(kinds) as Kind[];

/** Calls of each kind that end well, with metadata both ways. */
export async function callEachKind(greeter: GreeterClient): Promise<void> {
  let heads = 0;
  let tails = 0;
  const options: CallOptions = {
    headers: askBack(),
    onHeader(head) {
      heads++;
      assertTold(head, "head");
    },
    onTrailer(tail) {
      tails++;
      assertTold(tail, "tail");
    },
  };
  assert.deepEqual(await kinds.unary(greeter, "Ada ☃", options), ["Ada ☃"]);
  assert.deepEqual(await kinds.unary(greeter, "", options), [""]);
  assert.deepEqual(await kinds["server streaming"](greeter, "Ada", options), ["Ada 0", "Ada 1", "Ada 2"]);
  assert.deepEqual(await Array.fromAsync(greeter.sayHelloStream({}, options)), []);
  const many = ["a", "", "c"];
  const messages = (async function* () {
    for (const name of many) yield { name };
  })();
  assert.equal((await greeter.sayHelloToMany(messages, options)).message, "a,,c");
  const { messages: words, say, end } = spoken();
  const replies = greeter.chat(words, options)[Symbol.asyncIterator]();
  for (const word of ["one", "", "three"]) {
    say(word);
    assert.equal((await replies.next()).value?.message, word);
  }
  end();
  assert.equal((await replies.next()).done, true);
  assert.deepEqual([heads, tails], [6, 6]);
}

/** A call of a kind that the server refuses, with a detail, while the client may still be sending. */
export async function callInVain(greeter: GreeterClient, kind: Kind): Promise<void> {
  const error: unknown = await kinds[kind](greeter, "Ada", { headers: askBack("fail") }).catch(reason => reason);
  assert.ok(error instanceof ConnectError, `${error}`);
  assert.equal(error.code, Code.FailedPrecondition, error.message);
  assert.equal(error.rawMessage, refusal);
  assert.deepEqual(error.findDetails(HelloReplySchema), [create(HelloReplySchema, { message: "Ada" })]);
  assertTold(error.metadata, "tail");
}

/** A call of a kind that the client gives up, by its signal or by its deadline: the server is told. */
export async function giveUp(greeter: GreeterClient, kind: Kind, by: "signal" | "deadline"): Promise<void> {
  const id = randomUUID();
  const about = (act: string) => greeter.sayHello({}, { headers: { act, "x-call": id } });
  const leaving = new AbortController();
  const until = by === "signal" ? { signal: leaving.signal } : { timeoutMs: deadlineMs };
  const call = kinds[kind](greeter, "Ada", { headers: { act: "wait", "x-call": id }, ...until });
  const code = by === "signal" ? Code.Canceled : Code.DeadlineExceeded;
  const given = assert.rejects(call, { code });
  await about("begun");
  leaving.abort();
  await given;
  await about("over");
}

/** What the server knows of a deadline. */
export async function tellDeadline(greeter: GreeterClient): Promise<void> {
  const headers = { act: "deadline" };
  const { message } = await greeter.sayHello({}, { headers, timeoutMs: 60_000 });
  const left = Number(message);
  assert.ok(left > 30_000 && left <= 60_000, `${message} ms were left`);
  assert.equal((await greeter.sayHello({}, { headers, timeoutMs: 0 })).message, "none");
}

/** Messages of 4 MB, both ways, once and in turn. */
export async function callWith4MB(greeter: GreeterClient): Promise<void> {
  const name = randomBytes(3_000_000).toString("base64");
  assert.equal(name.length, 4_000_000);
  assert.ok((await greeter.sayHello({ name })).message === name);
  const { messages, say, end } = spoken();
  const replies = greeter.chat(messages)[Symbol.asyncIterator]();
  for (let n = 0; n < 2; n++) {
    say(name);
    assert.ok((await replies.next()).value?.message === name);
  }
  end();
  assert.equal((await replies.next()).done, true);
}

/** Many calls at a time, and a stream of many messages that is longer than any window. */
export async function callMuch(greeter: GreeterClient): Promise<void> {
  const names = Array.from({ length: 300 }, (_, n) => `${n}`.repeat(20));
  const replies = await Promise.all(names.map(name => greeter.sayHello({ name })));
  assert.deepEqual(
    replies.map(({ message }) => message),
    names,
  );
  const name = "x".repeat(1000);
  let count = 0;
  for await (const { message } of greeter.sayHelloStream({ name, age: 5_000 })) {
    assert.equal(message, `${name} ${count++}`);
  }
  assert.equal(count, 5_000);
}

/** Calls of 16 callers until `isEnough`, none of which may fail; and a stream through all that time. */
export async function callUntil(greeter: GreeterClient, isEnough: () => boolean): Promise<void> {
  const { messages, say, end } = spoken();
  const replies = greeter.chat(messages)[Symbol.asyncIterator]();
  const exchange = async (word: string) => {
    say(word);
    assert.equal((await replies.next()).value?.message, word);
  };
  await exchange("before");
  async function keepCalling() {
    while (!isEnough()) assert.equal((await greeter.sayHello({ name: "Ada" })).message, "Ada");
  }
  await Promise.all(Array.from({ length: 16 }, keepCalling));
  await exchange("after");
  end();
  assert.equal((await replies.next()).done, true);
}

/** So many calls that are in the server at a time; then all are given up. */
export async function holdCalls(greeter: GreeterClient, count: number): Promise<void> {
  const leaving = new AbortController();
  const ids = Array.from({ length: count }, () => randomUUID());
  const headersOf = (act: string, id: string) => ({ headers: { act, "x-call": id } });
  const calls = ids.map(id => greeter.sayHello({}, { ...headersOf("wait", id), signal: leaving.signal }));
  const given = calls.map(call => assert.rejects(call, { code: Code.Canceled }));
  for (const id of ids) await greeter.sayHello({}, headersOf("begun", id));
  leaving.abort();
  await Promise.all(given);
  for (const id of ids) await greeter.sayHello({}, headersOf("over", id));
}
