import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Greeter, type HelloReply } from "../gen/greeter/greeter_pb.ts";
import { serve } from "../host/served.ts";
import { startHost } from "../test/support/service-host.ts";
import {
  createClients,
  type HealedStreamOptions,
  healStream,
  judgeEnd,
  type StreamConnection,
  type StreamEnd,
} from "./index.ts";

/** One message of a stream: its text, and the token that goes on after it. */
type Message = { readonly message: string; readonly serverId?: string } | ConnectError;

/** A service of somebody else's, whose streams go on after the name that they are asked for. */
async function script(...scripts: Message[][]) {
  const asked: string[] = [];
  const host = await startHost(
    serve(Greeter, {
      async *sayHelloStream({ name }, { signal }) {
        asked.push(name);
        const messages = scripts.shift();
        for (const message of messages ?? []) {
          if (message instanceof ConnectError) throw message;
          yield message;
        }
        if (messages === undefined) {
          await new Promise<void>(resolve => signal.addEventListener("abort", () => resolve()));
        }
      },
    }),
  );
  const service = createClients({ baseUrl: host.baseUrl }, [Greeter]);
  const [greeter] = service.clients;
  return {
    asked,
    heal: (options: Partial<HealedStreamOptions<HelloReply, string>> = {}) =>
      healStream<HelloReply, string>({
        open: (token, call) => greeter.sayHelloStream({ name: token ?? "the beginning" }, call),
        // A message of a listing has no token, and "same" stands for the one before.
        tokenAfter: ({ serverId }) => (serverId === "same" ? undefined : serverId || null),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      service.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

/** The texts of a stream until the last one. */
async function textsUntil(last: string, stream: AsyncIterable<{ readonly message: string }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { message } of stream) {
    texts.push(message);
    if (message === last) break;
  }
  return texts;
}

const away = new ConnectError("away", Code.Unavailable);

test("a stream goes on after its last token, whether it fails or ends, and tells how it is connected", async t => {
  t.mock.method(Math, "random", () => 0);
  await using server = await script(
    [{ message: "a", serverId: "1" }, away],
    [
      { message: "b", serverId: "2" },
      { message: "c", serverId: "same" },
    ],
    [{ message: "d", serverId: "3" }],
  );
  const states: string[] = [];
  const onConnection = (connection: StreamConnection) =>
    states.push(connection.state === "lost" ? `lost: ${connection.error.rawMessage}` : connection.state);
  assert.deepEqual(await textsUntil("d", server.heal({ onConnection })), ["a", "b", "c", "d"]);
  assert.deepEqual(server.asked, ["the beginning", "1", "2"]);
  assert.deepEqual(states, ["connecting", "live", "lost: away", "live", "lost: the stream ended", "live"]);
});

test("a stream begins with the caller's token, and anew where that is of no use any more", async t => {
  t.mock.method(Math, "random", () => 0);
  const gone = new ConnectError("gone", Code.OutOfRange);
  await using server = await script([gone], [{ message: "a", serverId: "1" }]);
  const restart = (error: ConnectError) => ({ message: `anew: ${error.rawMessage}` }) as HelloReply;
  assert.deepEqual(await textsUntil("a", server.heal({ token: "old", restart })), ["anew: gone", "a"]);
  assert.deepEqual(server.asked, ["old", "the beginning"]);
});

test("a stream that is lost where nothing goes on begins anew", async t => {
  t.mock.method(Math, "random", () => 0);
  await using server = await script(
    [{ message: "a", serverId: "1" }, { message: "half a listing" }, away],
    [{ message: "b", serverId: "2" }],
  );
  const restart = () => ({ message: "anew" }) as HelloReply;
  assert.deepEqual(await textsUntil("b", server.heal({ restart })), ["a", "half a listing", "anew", "b"]);
  assert.deepEqual(server.asked, ["the beginning", "the beginning"]);
});

test("a stream that would have to begin anew and cannot fails with what it was lost for", async () => {
  await using server = await script([{ message: "half a listing" }, away]);
  await assert.rejects(textsUntil("", server.heal()), { code: Code.Unavailable, rawMessage: "away" });
});

test("what would end in the same way again is thrown, and so is what the caller judges to be", async () => {
  for (const code of [Code.InvalidArgument, Code.PermissionDenied, Code.Unauthenticated, Code.OutOfRange]) {
    await using server = await script([new ConnectError("no", code)]);
    await assert.rejects(textsUntil("", server.heal()), { code });
    assert.equal(server.asked.length, 1);
  }
  await using server = await script([away]);
  await assert.rejects(textsUntil("", server.heal({ judge: () => "fail" })), { code: Code.Unavailable });
});

test("a stream that has an end comes to it where its reader says so", async t => {
  t.mock.method(Math, "random", () => 0);
  await using server = await script([{ message: "a", serverId: "1" }, away], [{ message: "b", serverId: "2" }]);
  const judge = (end: StreamEnd) => (end.complete ? "end" : judgeEnd(end));
  assert.deepEqual(await textsUntil("", server.heal({ judge })), ["a", "b"]);
});

test("a stream ends by its signal without an error, also in a pause", async () => {
  await using server = await script([{ message: "a", serverId: "1" }, away]);
  const end = new AbortController();
  const onConnection = ({ state }: StreamConnection) => state === "lost" && end.abort();
  assert.deepEqual(await textsUntil("", server.heal({ signal: end.signal, onConnection })), ["a"]);
  assert.equal(server.asked.length, 1);
});
