import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { pino } from "pino";
import { GreetingService } from "../examples/greeting/gen/greeting_pb.ts";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { UserService } from "../gen/techoral/users/v1/user_service_pb.ts";
import type { AuthOptions } from "./auth/auth-options.ts";
import { callerKey } from "./auth/caller.ts";
import { mintToken } from "./auth/mint-token.ts";
import { startProvider } from "./auth/provider.fixture.ts";
import { createHost } from "./host.ts";
import type { Host, HostOptions } from "./host-options.ts";
import { serve } from "./served.ts";

const secret = randomBytes(32).toString("hex");
const users = serve(UserService, { createUser: (_, { values }) => ({ name: values.get(callerKey).subject }) });

function createTestHost(options: Partial<HostOptions>): Promise<Host> {
  return createHost({ services: [users], log: pino({ level: "silent" }), shutdownGraceMs: 0, ...options });
}

interface Caller {
  readonly users: Client<typeof UserService>;
  readonly directory: Client<typeof DirectoryService>;
  readonly health: Client<typeof Health>;
}

/** Clients of the host; each call carries `token`, where there is one. */
async function listen(host: Host, token?: string): Promise<Caller> {
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${address?.port}`,
    interceptors: [
      next => request => {
        if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return {
    users: createClient(UserService, transport),
    directory: createClient(DirectoryService, transport),
    health: createClient(Health, transport),
  };
}

const user = { name: "Ada", email: "ada@example.com", age: 36 };

async function refusalOf(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => assert.fail("it was let through"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return error;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

for (const source of ["secret", "publicKey", "jwksUrl"] as const) {
  test(`callers sign in by tokens that are checked by a ${source}, and may do what their role says`, async () => {
    await using provider = await startProvider();
    await provider.rotate();
    const auth: AuthOptions = {
      secret: { secret },
      publicKey: { publicKey: await provider.publicPem() },
      jwksUrl: { jwksUrl: provider.url },
    }[source];
    const sign = (role: string) =>
      source === "secret"
        ? mintToken({ secret, subject: "ada", role: role as "editor", ttlSeconds: 60 })
        : provider.sign({ sub: "ada", role, exp: seconds() + 60 });

    await using host = await createTestHost({ auth });
    assert.equal((await (await listen(host, await sign("editor"))).users.createUser(user)).name, "ada");
    await using other = await createTestHost({ auth });
    const refusal = await refusalOf((await listen(other, await sign("viewer"))).users.createUser(user));
    assert.equal(refusal.code, Code.PermissionDenied);
    await using third = await createTestHost({ auth });
    assert.equal((await refusalOf((await listen(third)).users.createUser(user))).code, Code.Unauthenticated);
  });
}

test("a token has to name the issuer and the audience that are asked for, and the role may be in another claim", async () => {
  await using provider = await startProvider();
  await provider.rotate("RS256");
  const auth: AuthOptions = {
    jwksUrl: provider.url.href,
    issuer: "https://id.example.com",
    audience: "shipping",
    roleOf: ({ realm_access }) => (realm_access as { role?: unknown })?.role,
  };
  const claims = {
    sub: "ada",
    iss: auth.issuer,
    aud: "shipping",
    exp: seconds() + 60,
    realm_access: { role: "editor" },
  };
  await using host = await createTestHost({ auth });
  const { users } = await listen(host, await provider.sign(claims));
  assert.equal((await users.createUser(user)).name, "ada");
  await using other = await createTestHost({ auth });
  const refusal = await refusalOf(
    (await listen(other, await provider.sign({ ...claims, aud: "x" }))).users.createUser(user),
  );
  assert.equal(refusal.rawMessage, 'token claim "aud" is not accepted');
});

test("a method that says not who may call it keeps the host from starting where callers sign in, or policies are asked for", async () => {
  const services = [serve(GreetingService, {})];
  const names = ["Greet", "CountDown"].map(
    name => `acme.greeting.v1.GreetingService/${name}: has no policy; state who may call it in its contract`,
  );
  for (const options of [{ auth: { secret } }, { requiresPolicies: true }]) {
    await assert.rejects(createTestHost({ services, ...options }), { name: "PolicyError", message: names.join("\n") });
  }
  await using host = await createTestHost({ services });
  assert.ok(host);
});

for (const [what, auth, message] of [
  ["none", { issuer: "x" }, "auth: must have one of secret, publicKey and jwksUrl"],
  ["two", { secret, publicKey: "" }, "auth: must have one of secret, publicKey and jwksUrl"],
  ["a short secret", { secret: "short" }, "auth.secret: secret of 5 bytes: must have at least 32"],
  ["no key", { publicKey: "key" }, "auth.publicKey: the key must be a public key or a certificate in PEM"],
  [
    "plain HTTP",
    { jwksUrl: "http://id.example.com/keys" },
    "auth.jwksUrl: must be an https URL, or an http one on loopback, without user and password",
  ],
] as const) {
  test(`a host that is to check tokens by ${what} is not created`, async () => {
    await assert.rejects(createTestHost({ auth }), { name: "TypeError", message });
  });
}

test("a caller above its rate is refused in the host's own error domain, and its health checks are not", async () => {
  await using host = await createTestHost({
    rateLimit: { perSecond: 0.001, burst: 2 },
    errorDomain: "shipping.example",
  });
  const { users, health } = await listen(host);
  await users.createUser(user);
  await users.createUser(user);
  const refusal = await refusalOf(users.createUser(user));
  assert.equal(refusal.code, Code.ResourceExhausted);
  const [info] = refusal.findDetails(ErrorInfoSchema);
  assert.deepEqual([info?.reason, info?.domain], ["RATE_LIMIT_EXCEEDED", "shipping.example"]);
  await health.check({});
  await health.check({});
  // They have a count of their own.
  assert.equal((await refusalOf(health.check({}))).code, Code.ResourceExhausted);
});

test("a caller who has all streams it may have can still watch the health", async () => {
  const going = serve(UserService, {
    async *listUsers(_, { signal }) {
      yield {};
      await new Promise(resolve => signal.addEventListener("abort", resolve));
    },
  });
  await using host = await createTestHost({ services: [going], maxStreamsPerCaller: 1 });
  const { users, health } = await listen(host);
  const end = new AbortController();
  const open = users.listUsers({}, { signal: end.signal })[Symbol.asyncIterator]();
  await open.next();
  const second = users.listUsers({})[Symbol.asyncIterator]().next();
  assert.equal((await refusalOf(second)).code, Code.ResourceExhausted);
  const watch = health.watch({}, { signal: end.signal })[Symbol.asyncIterator]();
  assert.equal((await watch.next()).done, false);
  end.abort();
});

test("a gate of one's own knows the caller and decides before the message is read, and interceptors see it when it is valid", async () => {
  const seen: string[] = [];
  await using host = await createTestHost({
    services: [serve(DirectoryService, { getUser: () => ({ id: "7" }) })],
    auth: { secret },
    gate({ values, requestHeader }) {
      seen.push(`gate ${values.get(callerKey).subject}`);
      if (requestHeader.has("x-closed")) throw new ConnectError("closed", Code.FailedPrecondition);
    },
    interceptors: [
      next => request => {
        seen.push(`interceptor ${request.contextValues.get(callerKey).subject}`);
        return next(request);
      },
    ],
  });
  const token = await mintToken({ secret, subject: "ada", role: "viewer", ttlSeconds: 60 });
  const { directory } = await listen(host, token);
  await directory.getUser({ key: { case: "id", value: "7" } });
  assert.deepEqual(seen.splice(0), ["gate ada", "interceptor ada"]);
  assert.equal((await refusalOf(directory.getUser({}))).code, Code.InvalidArgument);
  assert.deepEqual(seen.splice(0), ["gate ada"]);
  const closed = directory.getUser({ key: { case: "id", value: "7" } }, { headers: { "x-closed": "1" } });
  assert.equal((await refusalOf(closed)).code, Code.FailedPrecondition);
  assert.deepEqual(seen, ["gate ada"]);
});
