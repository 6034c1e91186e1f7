import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import type { Role } from "../host/auth/role.ts";
import { consoleAt, fieldsOf, openCall, type RelayedCall } from "./support/relay.ts";
import { startServer, testLane } from "./support/server.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);
const auth = { AUTH_JWT_SECRET: secretText };
const listUsers = { path: "/concierge.directory.v1.DirectoryService/ListUsers" };
const createUser = { path: "/concierge.directory.v1.DirectoryService/CreateUser" };
const subscribe = { path: "/concierge.directory.v1.DirectoryService/Subscribe" };
const empty = new Uint8Array(5);

// The stock lane has no relay.
const skip = testLane === "connect";

async function signedIn(subject: string, role?: Role): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await mintToken({ secret, subject, role, ttlSeconds: 60 })}` };
}

/** The status of a gRPC call that is refused before it begins, from the head of its reply. */
async function refusalOf(call: RelayedCall): Promise<Record<string, string>> {
  const [head] = await call.rest();
  return head?.case === "head" ? fieldsOf(head.value.headers) : {};
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(() => "OK").catch(error => Code[ConnectError.from(error).code] ?? "");
}

test("a relayed call is judged by its own method's policy, with its caller's token", { skip }, async () => {
  await using server = await startServer({ LANE: "wire", ...auth });
  const console = consoleAt(server.baseUrl);
  const viewer = await signedIn("7", "viewer");
  await using refused = await openCall(console, { ...createUser, headers: viewer });
  const { "grpc-status": status, "grpc-message": message } = await refusalOf(refused);
  assert.equal(status, String(Code.PermissionDenied));
  assert.match(decodeURIComponent(message ?? ""), /needs the role "editor", and the caller has "viewer"/);
  await using served = await openCall(console, { ...listUsers, headers: viewer });
  await served.send(empty, true);
  const [, , end] = await served.rest();
  assert.deepEqual(end?.case === "end" && fieldsOf(end.value.trailers), { "grpc-status": "0" });
});

test("REFLECTION says who may relay, and whoever may gets no more than without", { skip }, async () => {
  await using closed = await startServer({ LANE: "wire", ...auth });
  assert.equal(await codeOf(openCall(consoleAt(closed.baseUrl), listUsers)), "Unauthenticated");
  await using open = await startServer({ LANE: "wire", ...auth, REFLECTION: "on" });
  await using call = await openCall(consoleAt(open.baseUrl), listUsers);
  assert.equal((await refusalOf(call))["grpc-status"], String(Code.Unauthenticated));
});

test("a session is its caller's alone", { skip }, async () => {
  await using server = await startServer({ LANE: "wire", ...auth });
  const console = consoleAt(server.baseUrl);
  await using call = await openCall(console, { ...subscribe, headers: await signedIn("7", "viewer") });
  const { session } = call;
  for (const request of [
    { session, cancel: true },
    { session, body: empty, halfClose: true },
  ]) {
    const others = console.send(request, { headers: await signedIn("8", "admin") });
    assert.equal(await codeOf(others), "NotFound");
  }
  assert.deepEqual(await call.cancel(), { $typeName: "concierge.console.v1.SendResponse", over: false });
});

test("a relayed call is logged as one of its caller, and found by the id of Open", { skip }, async () => {
  await using server = await startServer({ LANE: "wire" });
  const console = consoleAt(server.baseUrl);
  const headers = { "x-request-id": "relayed-1" };
  await using call = await openCall(console, { ...listUsers, headers });
  await call.send(empty, true);
  const [head] = await call.rest();
  assert.equal(head?.case === "head" && fieldsOf(head.value.headers)["x-request-id"], "relayed-1");
  const line = await server.line(
    ({ requestId, method }) => requestId === "relayed-1" && method === listUsers.path.slice(1),
  );
  const { protocol, code, peer } = line;
  assert.deepEqual([protocol, code], ["grpc", "OK"]);
  assert.match(peer ?? "", /^127\.0\.0\.1:\d+$/);
});

test("relayed calls count on what their caller may do, proxies being believed as always", { skip }, async () => {
  await using server = await startServer({ LANE: "wire", RATE_LIMIT: "1/4", TRUSTED_PROXIES: "127.0.0.0/8" });
  const console = consoleAt(server.baseUrl);
  async function statusFor(client: string): Promise<string | undefined> {
    await using call = await openCall(console, { ...listUsers, headers: { "x-forwarded-for": client } });
    return (await refusalOf(call))["grpc-status"];
  }
  // Open, the call itself, and a Send, of four at once.
  async function serve(client: string): Promise<string> {
    await using call = await openCall(console, { ...listUsers, headers: { "x-forwarded-for": client } });
    return await codeOf(call.send(empty, true));
  }
  assert.equal(await serve("203.0.113.7"), "OK");
  assert.equal(await statusFor("203.0.113.7"), String(Code.ResourceExhausted));
  assert.equal(await serve("203.0.113.8"), "OK");
});
