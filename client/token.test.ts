import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { mintToken } from "../host/auth/mint-token.ts";
import { startServer } from "../test/support/server.ts";
import { createConcierge, type TokenSource } from "./index.ts";

const text = "no-secret-of-anybody-else-but-this-test";
const secret = createSecretKey(Buffer.from(text));

function mint(options: { now?: () => number; role?: "admin" | "viewer" } = {}) {
  return mintToken({ secret, subject: "alice", role: "admin", ttlSeconds: 3600, ...options });
}
const good = await mint();
const expired = await mint({ now: () => Date.now() - 7_200_000 });

/** A client with a token of its own, on a server that asks for one. */
async function start(token?: TokenSource) {
  const server = await startServer({ AUTH_JWT_SECRET: text, DEMO_DATA: "true" });
  const concierge = createConcierge({ baseUrl: server.baseUrl, ...(token !== undefined && { token }) });
  return {
    concierge,
    async [Symbol.asyncDispose]() {
      concierge.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A token function that answers one after the other, and counts. */
function issue(...tokens: string[]) {
  const source = Object.assign(async () => tokens[source.asked++] ?? assert.fail("asked too often"), { asked: 0 });
  return source;
}

test("a token that is text signs each call in", async () => {
  await using client = await start(good);
  assert.equal((await client.concierge.directory.listUsers({})).users.length, 5);
});

test("without a token, and with an empty one, calls are refused", async () => {
  for (const token of [undefined, ""]) {
    await using client = await start(token);
    await assert.rejects(client.concierge.directory.listUsers({}), { code: Code.Unauthenticated });
  }
});

test("a function is asked once for calls at the same time and after, until its token is refused", async () => {
  const source = issue(good);
  await using client = await start(source);
  await Promise.all(Array.from({ length: 5 }, () => client.concierge.directory.listUsers({})));
  await client.concierge.directory.listUsers({});
  assert.equal(source.asked, 1);
});

test("a refused token is replaced, once for all calls that had it, and each is repeated", async () => {
  const source = issue(expired, good);
  await using client = await start(source);
  await Promise.all(Array.from({ length: 100 }, () => client.concierge.directory.listUsers({})));
  assert.equal(source.asked, 2);
});

test("a function that answers at once is asked again, too", async () => {
  const tokens = [expired, good];
  await using client = await start(() => tokens.shift() ?? assert.fail("asked too often"));
  await client.concierge.directory.listUsers({});
  assert.deepEqual(tokens, []);
});

test("a call that is refused twice fails", async () => {
  const source = issue(expired, await mint({ now: () => Date.now() - 10_800_000 }));
  await using client = await start(source);
  await assert.rejects(client.concierge.directory.listUsers({}), { code: Code.Unauthenticated });
  assert.equal(source.asked, 2);
});

test("a call is not repeated with the very token that was refused", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: text, DEMO_DATA: "true" });
  await using concierge = createConcierge({ baseUrl: server.baseUrl, token: () => expired });
  await assert.rejects(concierge.directory.listUsers({}), { code: Code.Unauthenticated });
  assert.equal(server.lines.filter(({ msg }) => msg === "call").length, 1);
});

test("streams of all kinds are repeated with the new token", async () => {
  for (const kind of ["server", "client", "bidi"] as const) {
    const source = issue(expired, good);
    await using client = await start(source);
    const { directory } = client.concierge;
    if (kind === "server") for await (const _ of directory.exportUsers({}));
    if (kind === "client") {
      async function* users() {
        yield { user: { name: "Ada", email: "ada@example.com" } };
      }
      assert.equal((await directory.importUsers(users())).ids.length, 1);
    }
    if (kind === "bidi") {
      const subscription = { selector: { kind: { case: "all", value: true } } } as const;
      async function* add() {
        yield { action: { case: "add", value: { subscriptionId: "a", subscription } } } as const;
      }
      const leave = new AbortController();
      for await (const { subscriptionId } of directory.watch(add(), { signal: leave.signal })) {
        assert.equal(subscriptionId, "a");
        break;
      }
      leave.abort();
    }
    assert.equal(source.asked, 2, kind);
  }
});

test("a watch with a token that is refused goes on with the next one", async () => {
  const source = issue(expired, good);
  await using client = await start(source);
  for await (const { kind } of client.concierge.watch()) {
    assert.equal(kind, "bookmark");
    break;
  }
  assert.equal(source.asked, 2);
});

test("a role that is missing is no reason for another token", async () => {
  const source = issue(await mint({ role: "viewer" }));
  await using client = await start(source);
  const create = client.concierge.directory.createUser({ user: { name: "Ada", email: "ada@example.com" } });
  await assert.rejects(create, { code: Code.PermissionDenied });
});

test("what the function throws ends the call, and the next call asks again", async () => {
  const cause = new Error("the provider is away");
  let asked = 0;
  await using client = await start(() => {
    if (asked++ === 0) throw cause;
    return good;
  });
  await assert.rejects(client.concierge.directory.listUsers({}), { code: Code.Unauthenticated, cause });
  assert.equal(asked, 1);
  await client.concierge.directory.listUsers({});
});

test("an error of a call that the function throws is the call's, so that a watch outlasts a provider that is away", async () => {
  const away = new ConnectError("the provider is away", Code.Unavailable);
  let asked = 0;
  await using client = await start(() => {
    if (asked++ === 0) throw away;
    return good;
  });
  for await (const { kind } of client.concierge.watch()) {
    assert.equal(kind, "bookmark");
    break;
  }
  assert.equal(asked, 2);
});

test("a function that never answers is asked anew", async t => {
  const timeout = new AbortController();
  t.mock.method(AbortSignal, "timeout", () => timeout.signal, { times: 1 });
  let asked = 0;
  await using client = await start(() => (asked++ === 0 ? new Promise<string>(() => {}) : good));
  const call = client.concierge.directory.exportUsers({});
  const first = call[Symbol.asyncIterator]().next();
  timeout.abort();
  assert.equal((await first).value?.id, "1");
  assert.equal(asked, 2);
});

test("what is no token is told, and not repeated in the error", async () => {
  const text = "no\ntoken";
  assert.throws(
    () => createConcierge({ baseUrl: "http://localhost", token: text }),
    /^TypeError: token holds a character/,
  );
  for (const answer of [text, undefined as unknown as string]) {
    await using client = await start(() => answer);
    const call = client.concierge.directory.listUsers({});
    await assert.rejects(call, ({ code, message }: ConnectError) => {
      assert.equal(code, Code.Unauthenticated);
      assert.match(
        message,
        /the token function failed: its answer (holds a character that no token has|is undefined, not text)$/,
      );
      return true;
    });
  }
});

test("a call's deadline holds while the function is silent", async () => {
  await using client = await start(() => new Promise<string>(() => {}));
  const call = client.concierge.directory.listUsers({}, { timeoutMs: 1 });
  await assert.rejects(call, { code: Code.DeadlineExceeded });
});

test("a call's own authorization header wins", async () => {
  await using client = await start(expired);
  await client.concierge.directory.listUsers({}, { headers: { authorization: `Bearer ${good}` } });
});
