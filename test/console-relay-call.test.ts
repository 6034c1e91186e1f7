import assert from "node:assert/strict";
import { test } from "node:test";
import { CallLog } from "../web-client/src/console/call/call-log.ts";
import type { CallPlan } from "../web-client/src/console/call/plan.ts";
import { relayCall } from "../web-client/src/console/call/relay-call.ts";
import { readSchema } from "../web-client/src/console/schema/schema.ts";
import { startServer, type TestServer, testLane } from "./support/server.ts";

// The stock lane has no relay.
const skip = testLane === "connect";

async function planFor(server: TestServer, path: string, more: Partial<CallPlan> = {}): Promise<CallPlan> {
  const response = await fetch(`${server.baseUrl}/descriptors.binpb`);
  const { methods, registry } = readSchema(new Uint8Array(await response.arrayBuffer()));
  const method = methods.get(path);
  assert.ok(method);
  const { baseUrl: origin } = server;
  return {
    method,
    registry,
    origin,
    protocol: "grpc",
    messages: [],
    headers: [],
    token: "",
    deadlineMs: undefined,
    ...more,
  };
}

/** A log, and a way to wait until it says something. */
function createLog(plan: CallPlan) {
  let check = () => {};
  const { protocol, headers: requestHeaders, deadlineMs } = plan;
  const start = {
    protocol,
    requestHeaders,
    deadlineMs,
    method: plan.method.path,
    httpMethod: "POST",
    target: "",
    startedAt: 0,
  };
  const log = new CallLog(start, () => check());
  function until(says: () => boolean): Promise<void> {
    return new Promise(resolve => {
      check = () => void (says() && resolve());
      check();
    });
  }
  return { log, until };
}

test("a stream goes both ways through the relay, message by message", { skip }, async () => {
  await using server = await startServer({ LANE: "wire" });
  const plan = await planFor(server, "greeter.Greeter/Chat");
  const { log, until } = createLog(plan);
  const call = relayCall(plan, log, new AbortController().signal);
  for (const [i, name] of ["Ada", "Grace"].entries()) {
    call.send({ name });
    await until(() => log.receivedCount === i + 1);
  }
  call.halfClose();
  await call.over;
  assert.deepEqual(
    log.events.map(({ kind }) => kind),
    ["sent", "head", "received", "sent", "received", "half-closed", "trailers", "end"],
  );
  assert.deepEqual(log.end?.code, "ok");
  assert.deepEqual(log.trailers?.fields, [["grpc-status", "0"]]);
});

test("messages that are sent at once arrive in their order", { skip }, async () => {
  await using server = await startServer({ LANE: "wire" });
  const names = Array.from({ length: 30 }, (_, n) => `n${n}`);
  const plan = await planFor(server, "greeter.Greeter/Chat", { messages: names.map(name => ({ name })) });
  const { log } = createLog(plan);
  const call = relayCall(plan, log, new AbortController().signal);
  call.halfClose();
  await call.over;
  assert.deepEqual([log.sentCount, log.end?.code], [30, "ok"]);
  const replies = log.events.filter(event => event.kind === "received");
  assert.deepEqual(
    replies.map(({ bytes }) => /n\d+/.exec(new TextDecoder().decode(bytes))?.[0]),
    names,
  );
});

test("a call that fails ends as its server says, and one that is canceled as it is", { skip }, async () => {
  await using server = await startServer({ LANE: "wire" });
  const refused = await planFor(server, "concierge.directory.v1.DirectoryService/GetUser", {
    messages: [{ id: "404" }],
  });
  const first = createLog(refused).log;
  await relayCall(refused, first, new AbortController().signal).over;
  assert.equal(first.end?.code, "not_found");
  const leave = new AbortController();
  const open = await planFor(server, "greeter.Greeter/Chat");
  const { log, until } = createLog(open);
  const call = relayCall(open, log, leave.signal);
  call.send({ name: "Ada" });
  await until(() => log.receivedCount === 1);
  leave.abort();
  await call.over;
  assert.deepEqual([log.end?.code, log.end?.message], ["canceled", "canceled here"]);
});
