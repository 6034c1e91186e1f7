import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { JsonValue } from "@bufbuild/protobuf";
import { CallLog } from "../web-client/src/console/call/call-log.ts";
import type { Protocol } from "../web-client/src/console/call/call-record.ts";
import { fieldProblems } from "../web-client/src/console/call/error-details.ts";
import { fetchCall } from "../web-client/src/console/call/fetch-call.ts";
import type { CallPlan } from "../web-client/src/console/call/plan.ts";
import { wireRequest } from "../web-client/src/console/call/wire-request.ts";
import { decodeMessage } from "../web-client/src/console/form/message-codec.ts";
import { readSchema } from "../web-client/src/console/schema/schema.ts";
import { startServer, type TestServer } from "./support/server.ts";

const schema = readSchema(readFileSync(new URL("../gen/descriptors.binpb", import.meta.url)));
const direct: readonly Protocol[] = ["connect-json", "connect-proto", "grpc-web", "rest"];

let server: TestServer;
before(async () => {
  server = await startServer({ LANE: "wire" });
});
after(() => server[Symbol.asyncDispose]());

interface Ask extends Partial<CallPlan> {
  readonly path: string;
}

/** Makes a call as the console does, and returns its record with the replies decoded. */
async function call({ path, ...plan }: Ask, signal = new AbortController().signal, changed = () => {}) {
  const method = schema.methods.get(path) ?? assert.fail(path);
  const whole: CallPlan = {
    method,
    protocol: "connect-json",
    messages: [{}],
    headers: [],
    token: "",
    deadlineMs: undefined,
    registry: schema.registry,
    origin: server.baseUrl,
    ...plan,
  };
  const request = wireRequest(whole);
  const log = new CallLog(
    {
      protocol: whole.protocol,
      method: path,
      httpMethod: request.httpMethod,
      target: request.target,
      requestHeaders: request.headers,
      deadlineMs: whole.deadlineMs,
      startedAt: 0,
    },
    changed,
  );
  await fetchCall(whole, request, log, signal);
  const replies: JsonValue[] = log.events.flatMap(event =>
    event.kind === "received"
      ? [decodeMessage(method.desc.output, event.bytes.subarray(event.payloadAt), event.encoding, schema.registry)]
      : [],
  );
  return { log, end: log.end ?? assert.fail("the call has no end"), replies };
}

function texts(replies: readonly JsonValue[]): unknown[] {
  return replies.map(reply => (reply as { message?: string }).message);
}

for (const protocol of direct) {
  test(`${protocol}: a unary call, a stream of replies and a stream of requests come to their ends`, async () => {
    const unary = await call({ path: "greeter.Greeter/SayHello", protocol, messages: [{ name: "Zoë/1", age: 36 }] });
    assert.equal(unary.end.code, "ok");
    assert.deepEqual(texts(unary.replies), ["Hello, Zoë/1! You are 36 years old."]);
    const kinds = unary.log.events.map(({ kind }) => kind).filter(kind => kind !== "trailers");
    assert.deepEqual(kinds, ["sent", "half-closed", "head", "received", "end"]);

    const stream = await call({ path: "greeter.Greeter/SayHelloStream", protocol, messages: [{ name: "Ada" }] });
    assert.equal(stream.end.code, "ok");
    assert.equal(stream.replies.length, 5);

    const many = await call({
      path: "greeter.Greeter/SayHelloToMany",
      protocol,
      messages: [{ name: "Ada" }, { name: "Bob" }],
    });
    assert.equal(many.end.code, "ok");
    assert.match(String(texts(many.replies)[0]), /^Hello to 2 people/);
    assert.equal(many.log.sentCount, 2);
  });

  test(`${protocol}: a refused call has its code, its words and what is wrong with which field`, async () => {
    const path = "concierge.directory.v1.DirectoryService/CreateUser";
    const { end, log } = await call({
      path,
      protocol,
      messages: [{ user: { name: "Eve", email: "e@x.org", age: 200 } }],
    });
    assert.equal(end.code, "invalid_argument");
    assert.match(end.message, /user\.age/);
    assert.match(fieldProblems(end.details).get("user.age") ?? "", /less than or equal to 150/);
    assert.match(new Headers(log.head?.headers.map(pair => [...pair])).get("x-request-id") ?? "", /./);
    const unknown = await call({
      path: "concierge.directory.v1.DirectoryService/GetUser",
      protocol,
      messages: [{ id: "777" }],
    });
    assert.equal(unknown.end.code, "not_found");
    const info = unknown.end.details.find(({ type }) => type === "google.rpc.ErrorInfo");
    assert.equal((info?.json as { reason?: string } | undefined)?.reason, "USER_NOT_FOUND");
  });

  test(`${protocol}: a deadline that passes is the server's to tell`, async () => {
    await using slow = await startServer({ LANE: "wire", GREETER_STREAM_INTERVAL_MS: "3600000" });
    const path = "greeter.Greeter/SayHelloStream";
    const { end, replies } = await call({ path, protocol, deadlineMs: 100, origin: slow.baseUrl });
    assert.equal(end.code, "deadline_exceeded");
    assert.equal(replies.length, 1);
  });
}

test("a call that is canceled ends here, and one to a server that is gone is unavailable", async () => {
  await using slow = await startServer({ LANE: "wire", GREETER_STREAM_INTERVAL_MS: "3600000" });
  const abort = new AbortController();
  const path = "greeter.Greeter/SayHelloStream";
  let events = 0;
  // The request, its end, the head of the reply and its first message; the next one is an hour away.
  const canceled = call({ path, origin: slow.baseUrl }, abort.signal, () => {
    if (++events === 4) abort.abort();
  });
  assert.equal((await canceled).end.code, "canceled");

  const gone = await startServer({ LANE: "wire" });
  await gone[Symbol.asyncDispose]();
  const { end } = await call({ path: "greeter.Greeter/SayHello", origin: gone.baseUrl });
  assert.equal(end.code, "unavailable");
});

test("a token goes with the call and into no record", async () => {
  const { log, end } = await call({ path: "greeter.Greeter/SayHello", token: "secret-token" });
  assert.equal(end.code, "ok");
  assert.doesNotMatch(JSON.stringify(log), /secret-token/);
});

test("a message that is none of its type is refused with the name of the field, before anything is sent", async () => {
  await assert.rejects(call({ path: "greeter.Greeter/SayHello", messages: [{ age: "old" }] }), /age/);
});

test("plain HTTP is asked for by the rule whose fields are set, and says which are missing", async () => {
  const path = "concierge.directory.v1.DirectoryService/GetUser";
  const byEmail = await call({ path, protocol: "rest", messages: [{ email: "bob@example.com" }] });
  assert.equal(byEmail.log.target, "/v1/users:lookup?email=bob%40example.com");
  assert.equal(byEmail.end.code, "ok");
  const update = "concierge.directory.v1.DirectoryService/UpdateUser";
  const messages = [{ user: { id: "2", name: "Robert" }, updateMask: "name" }];
  const { log, end } = await call({ path: update, protocol: "rest", messages });
  assert.equal(`${log.httpMethod} ${log.target}`, "PATCH /v1/users/2?updateMask=name");
  assert.equal(end.code, "ok");
  const undelete = "concierge.directory.v1.DirectoryService/UndeleteUser";
  await assert.rejects(call({ path: undelete, protocol: "rest", messages: [{}] }), /needs id/);
});
