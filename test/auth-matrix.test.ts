import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { after, before, test } from "node:test";
import { create, type DescMethod, type DescService } from "@bufbuild/protobuf";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { policyOf } from "../host/auth/policy.ts";
import { type Provider, startProvider } from "../host/auth/provider.fixture.ts";
import { createRemoteKeys } from "../host/auth/remote-keys.ts";
import { includesRole, roles } from "../host/auth/role.ts";
import { createTokenVerifier } from "../host/auth/token-verifier.ts";
import { lanes, startGuarded } from "../host/interceptors/guarded.fixture.ts";
import { testEngine } from "./support/engine.ts";
import { openHttp2 } from "./support/open-http2.ts";
import { never } from "./support/port.ts";
import { createRawCaller, type HttpVersion, type Outcome, type Wire, wiresOf } from "./support/raw-calls.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { type BadToken, badTokens, goodClaims } from "./support/tokens.ts";

const common = { issuer: "https://id.example.com", audience: "concierge" };
const versions: HttpVersion[] = ["1.1", "2"];
const wires: Wire[] = ["gRPC", "gRPC-Web", "Connect", "Connect GET"];

let provider: Provider;
let server: TestServer;
/** Every method that the server mounts, whatever that is by now. */
let methods: DescMethod[];
let bad: BadToken[];

before(async () => {
  provider = await startProvider();
  const auth = { AUTH_JWKS_URL: provider.url.href, AUTH_ISSUER: common.issuer, AUTH_AUDIENCE: common.audience };
  server = await startServer({ ...auth, RATE_LIMIT: "off", LOG_LEVEL: "silent" });
  methods = server.app.services.flatMap(({ service }) => service.methods);
  bad = await badTokens(provider, common);
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** A call of the matrix. */
interface Case {
  readonly wire: Wire;
  readonly version: HttpVersion;
  readonly method: DescMethod;
  readonly headers: readonly string[];
  readonly what: string;
}

/** Each method over each wire and HTTP version, with each of the given headers. */
function casesOf(candidates: readonly BadToken[], chosen: readonly DescMethod[] = methods): Case[] {
  return chosen.flatMap(method =>
    wiresOf(method).flatMap(wire =>
      versions.flatMap(version => candidates.map(({ what, headers }) => ({ wire, version, method, what, headers }))),
    ),
  );
}

/** Makes all calls, some at a time, and hands each outcome to `judge`. */
async function run(port: number, cases: readonly Case[], judge: (made: Case, outcome: Outcome) => void): Promise<void> {
  await using h1 = createRawCaller("1.1", port);
  await using h2 = createRawCaller("2", port);
  const callers = { "1.1": h1, "2": h2 };
  const queue = cases.values();
  async function work() {
    for (const made of queue) judge(made, await callers[made.version].call(made.wire, made.method, made.headers));
  }
  await Promise.all(Array.from({ length: 32 }, work));
}

function label({ wire, version, method, what }: Case, outcome: Outcome): string {
  return `${method.parent.typeName}/${method.name}, ${wire} over HTTP/${version}, ${what}: ${JSON.stringify(outcome)}`;
}

/** A bidirectional call over HTTP/1.1 is answered 505 before anybody asks who calls. */
function isImpossible({ version, method }: Case): boolean {
  return version === "1.1" && method.methodKind === "bidi_streaming";
}

function assertRefused(made: Case, outcome: Outcome, ...codes: Code[]): void {
  if (isImpossible(made)) assert.equal(outcome.status, 505, label(made, outcome));
  else assert.ok(codes.includes(outcome.code ?? -1), label(made, outcome));
}

/** Past the gate, an empty message may still be one that the contract does not allow. */
function assertPassed(made: Case, outcome: Outcome): void {
  if (isImpossible(made)) assert.equal(outcome.status, 505, label(made, outcome));
  else assert.ok(outcome.code === 0 || outcome.code === Code.InvalidArgument, label(made, outcome));
}

/** Mounts the server's own contracts with handlers that answer an empty message, and call `ran` first. */
function stubs(ran: (method: DescMethod) => void): (router: ConnectRouter) => void {
  function implement(method: DescMethod) {
    const { methodKind, output } = method;
    async function drain(requests: AsyncIterable<unknown>) {
      for await (const _ of requests);
    }
    async function* stream(requests?: AsyncIterable<unknown>) {
      ran(method);
      if (requests) await drain(requests);
      yield create(output);
    }
    if (methodKind === "server_streaming") return () => stream();
    if (methodKind === "bidi_streaming") return stream;
    return async (requests: AsyncIterable<unknown>) => {
      ran(method);
      if (methodKind === "client_streaming") await drain(requests);
      return create(output);
    };
  }
  return router => {
    for (const service of new Set<DescService>(methods.map(({ parent }) => parent))) {
      const implementation = Object.fromEntries(service.methods.map(each => [each.localName, implement(each)]));
      router.service(service, implementation as never);
    }
  };
}

function verifier() {
  return createTokenVerifier({ keys: createRemoteKeys({ url: provider.url, timeoutMs: never }), ...common });
}

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const version of versions) {
    for (const wire of wires) {
      test(`${laneName}, ${wire} over HTTP/${version}: no bad token gets a call through, whatever the method`, async t => {
        assert.ok(bad.length >= 25);
        let handled = 0;
        await using guarded = await startGuarded(
          lane,
          stubs(() => handled++),
          { verifier: verifier() },
        );
        const cases = casesOf(bad).filter(made => made.wire === wire && made.version === version);
        await run(guarded.port, cases, (made, outcome) => assertRefused(made, outcome, Code.Unauthenticated));
        assert.equal(handled, 0);
        const called = new Set(cases.map(({ method }) => method));
        if (wire !== "Connect GET") assert.equal(called.size, methods.length);
        t.diagnostic(`${cases.length} calls: ${called.size} methods, ${bad.length} bad tokens`);
      });
    }
  }

  test(`${laneName}: without a token only what is public is answered`, async () => {
    const handled = new Set<DescMethod>();
    await using guarded = await startGuarded(
      lane,
      stubs(method => handled.add(method)),
      { verifier: verifier() },
    );
    await run(guarded.port, casesOf([{ what: "no header", headers: [] }]), (made, outcome) => {
      if (policyOf(made.method)?.access === "public") assertPassed(made, outcome);
      else assertRefused(made, outcome, Code.Unauthenticated);
    });
    for (const method of handled) assert.equal(policyOf(method)?.access, "public", method.name);
  });

  test(`${laneName}: each role, right or made up, gets through to what it may call and to nothing else`, async () => {
    await using guarded = await startGuarded(
      lane,
      stubs(() => {}),
      { verifier: verifier() },
    );
    for (const role of [...roles, undefined, "Admin", "root", ""]) {
      const token = await provider.sign(goodClaims(common, "7", role ?? null));
      const headers = [`${role === "viewer" ? "bEARER" : "Bearer"} ${token}`];
      await run(guarded.port, casesOf([{ what: `role ${role}`, headers }]), (made, outcome) => {
        const { access } = policyOf(made.method) ?? {};
        const known = roles.find(each => each === role);
        if (access === "public" || access === "signed-in" || includesRole(known, access ?? "admin"))
          assertPassed(made, outcome);
        // A handler that does not look at the message answers nobody below the role.
        else assertRefused(made, outcome, Code.PermissionDenied, Code.InvalidArgument);
      });
    }
  });
}

test("the server itself refuses as its gate does", async () => {
  const chosen = bad.filter(({ what }) => /empty header|expired|public key as a secret|two headers/.test(what));
  assert.ok(chosen.length >= 4);
  await run(server.port, casesOf(chosen), (made, outcome) => assertRefused(made, outcome, Code.Unauthenticated));
  const token = await provider.sign(goodClaims(common, "7", ""));
  const closed = methods.filter(method => {
    const { access, self } = policyOf(method) ?? assert.fail();
    return access !== "public" && access !== "signed-in" && !self;
  });
  await run(server.port, casesOf([{ what: "no role", headers: [`Bearer ${token}`] }], closed), (made, outcome) =>
    assertRefused(made, outcome, Code.PermissionDenied),
  );
});

/** A token of so many characters over HTTP/1.1: the status of the answer. */
async function statusOf(length: number): Promise<string | undefined> {
  const socket = net.connect(server.port, "127.0.0.1").setEncoding("utf8");
  socket.on("error", () => {});
  socket.write("POST /greeter.Greeter/SayHello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
  socket.write(`Authorization: Bearer ${"x".repeat(length)}\r\nContent-Length: 2\r\n\r\n{}`);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return /^HTTP\/1\.1 (\d+) /.exec(answer)?.[1];
}

test("over HTTP/1.1 a token above its limit is refused by the gate, and one above that of all headers by the listener", async () => {
  assert.equal(await statusOf(8_193), "401");
  assert.equal(await statusOf(16_000), "401");
  assert.equal(await statusOf(65_536), "431");
});

test("over HTTP/2 as well, and the connection's other calls go on", async () => {
  // Node's own clients send no more than 64 KB.
  const session = openHttp2(`http://127.0.0.1:${server.port}`, { maxSendHeaderBlockLength: 1_000_000 });
  async function send(length: number): Promise<string> {
    const stream = session.request({
      ":method": "POST",
      ":path": "/greeter.Greeter/SayHello",
      "content-type": "application/json",
      ...(length > 0 && { authorization: `Bearer ${"x".repeat(length)}` }),
    });
    stream.end("{}").resume();
    const { promise, resolve } = Promise.withResolvers<string>();
    stream.on("response", head => resolve(`status ${head[":status"]}`));
    stream.on("error", () => resolve(`reset ${stream.rstCode}`));
    return promise;
  }
  assert.equal(await send(20_000), "status 431");
  assert.equal(await send(0), "status 200");
  // By now its client has acknowledged the limit, from where on nghttp2 counts: ENHANCE_YOUR_CALM.
  assert.equal(await send(20_000), testEngine === "node" ? "reset 11" : "status 431");
  assert.equal(await send(8_193), "status 401");
  assert.equal(await send(16_000), "status 401");
  assert.equal(await send(0), "status 200");
  session.close();
});
