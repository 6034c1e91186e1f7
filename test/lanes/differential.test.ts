import assert from "node:assert/strict";
import * as http from "node:http";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { connectLane } from "../../host/lanes/connect-lane.ts";
import { createRandom, generateRequest } from "./generate-requests.ts";
import { serveGreeter } from "./greeter-server.ts";
import { type Answer, callRaw } from "./raw-call.ts";
import { connect } from "./raw-http2.ts";

const seed = Number(process.env.DIFFERENTIAL_SEED ?? 20_261_121);
const requests = Number(process.env.DIFFERENTIAL_REQUESTS ?? 3000);

/** Answers by what it is asked, in every way a handler can. */
function answer(name: string, context: Parameters<ServiceImpl<typeof Greeter>["sayHello"]>[1]): { message: string } {
  const { requestHeader, responseHeader, responseTrailer } = context;
  for (const key of ["x-ask", "x-data-bin", "cookie"]) {
    const value = requestHeader.get(key);
    if (value !== null) responseHeader.append(`x-seen-${key}`, value);
  }
  if (name === "meta") {
    responseHeader.append("x-multi", "1");
    responseHeader.append("x-multi", "2");
    responseTrailer.append("x-trailer", "t");
    responseTrailer.append("x-trailer-bin", "AAEC");
  }
  if (name === "throw") throw new Error("boom");
  if (name === "fail") {
    throw new ConnectError("it's 100 % broken ☕", Code.FailedPrecondition, { "x-why": "because" }, [
      { desc: HelloRequestSchema, value: { name: "detail", age: 1 } },
    ]);
  }
  return name === "empty" ? { message: "" } : { message: `Hello, ${name}` };
}

const greeter: ServiceImpl<typeof Greeter> = {
  sayHello: ({ name }, context) => answer(name, context),
  async *sayHelloStream({ name }, context) {
    yield answer(name === "fail" ? "Ada" : name, context);
    yield answer(name, context);
  },
  async sayHelloToMany(messages, context) {
    const all = await Array.fromAsync(messages);
    return answer(all.map(({ name }) => name).join("+") || "nobody", context);
  },
  async *chat(messages, context) {
    for await (const { name } of messages) yield answer(name, context);
  },
};

/** docs/lanes.md lists these: where the wire lane answers otherwise on purpose, and what both answers are made to look like. */
function normalize({ status, headers, trailers, messages }: Answer): unknown {
  if (status === 404 || status === 405 || status === 415 || status === 505) return { status };
  const isGrpc = /^application\/grpc(?!-web)/.test(String(headers["content-type"]));
  // gRPC's clients take what comes in one block of headers as what comes in two.
  if (isGrpc && messages.length === 0)
    return { status, headers: {}, trailers: compared({ ...headers, ...trailers }), messages };
  return { status, headers: compared(headers), trailers: compared(trailers), messages };
}

/** Without the fields that only the wire lane sends. */
function compared(fields: Record<string, unknown>) {
  const { "accept-encoding": _1, "grpc-accept-encoding": _2, "connect-accept-encoding": _3, ...rest } = fields;
  const { allow: _4, "accept-post": _5, vary: _6, ...both } = rest;
  return decoded(both);
}

/** The wire lane encodes no more of an error's text than the protocol asks for. */
function decoded<T extends object>(fields: T): T {
  const text = (fields as { "grpc-message"?: string })["grpc-message"];
  return text === undefined ? fields : { ...fields, "grpc-message": decodeURIComponent(text) };
}

/** The texts of faults that lie in the request itself, and the statuses where it is none of a call. */
const requestFault =
  /^(?:protocol error|received compressed|decompress|timeout|unknown compression|parse binary|cannot decode|40[45]|415|505)/;
/** Codes as each protocol names them. */
const isInternal = ["13", "internal"];
const isInvalid = ["3", "invalid_argument"];

/** How a call failed. */
interface Fault {
  readonly code: string;
  readonly text: string;
}

/** What a normalized answer says went wrong: undefined for nothing. */
function faultOf(answer: unknown): Fault | undefined {
  const { status, trailers, messages } = answer as Answer;
  if (trailers === undefined) return { code: String(status), text: String(status) };
  const { "grpc-status": grpc, "grpc-message": text = "", end } = trailers as Record<string, string | undefined>;
  if (grpc !== undefined) return grpc === "0" ? undefined : { code: grpc, text };
  const error = status === 200 ? (end as { error?: unknown } | undefined)?.error : messages[0];
  const { code, message = "" } = (error ?? {}) as { code?: string; message?: string };
  return code === undefined ? undefined : { code, text: message };
}

/** docs/lanes.md has each of these: the differences that are meant, told by how each lane refuses the request. */
const intended: Readonly<Record<string, (ours: Fault | undefined, theirs: Fault | undefined) => boolean>> = {
  "a deadline above the maximum is cut to it, where the lane as shipped refuses it": (_, theirs) =>
    theirs !== undefined && /^timeout \d+ms must be <= \d+$/.test(theirs.text),
  "bytes that are no message are INVALID_ARGUMENT, where the lane as shipped says INTERNAL": (ours, theirs) =>
    ours !== undefined &&
    ours.text === theirs?.text &&
    isInvalid.includes(ours.code) &&
    isInternal.includes(theirs.code),
  "a body that ends within a message is incomplete, where the lane as shipped misses that": ours =>
    ours?.text === "protocol error: incomplete envelope",
  "of several faults of one request each lane names another": (ours, theirs) =>
    ours !== undefined &&
    theirs !== undefined &&
    ours.text !== theirs.text &&
    requestFault.test(ours.text) &&
    requestFault.test(theirs.text),
};

function differenceOf(ours: unknown, theirs: unknown): string | undefined {
  return Object.keys(intended).find(name => intended[name]?.(faultOf(ours), faultOf(theirs)));
}

test(`both lanes give the same answers to ${requests} generated requests (seed ${seed})`, async t => {
  const quiet = { logger: false } as const;
  await using wire = await serveGreeter(greeter, { ...quiet, maxMessageBytes: 20_000 });
  await using stock = await serveGreeter(greeter, { ...quiet, maxMessageBytes: 20_000, lane: connectLane });
  const lanes = [wire, stock].map(({ url }) => ({
    url,
    session: connect(url),
    agent: new http.Agent({ keepAlive: true }),
  }));
  const random = createRandom(seed);
  const counts = new Map(Object.keys(intended).map(name => [name, 0]));
  for (let i = 0; i < requests; i++) {
    const request = generateRequest(random);
    const [ours, theirs] = await Promise.all(
      lanes.map(async ({ url, session, agent }) => normalize(await callRaw(url, session, agent, request))),
    );
    if (isDeepStrictEqual(ours, theirs)) continue;
    const difference = differenceOf(ours, theirs);
    if (difference === undefined) {
      const shown = { ...request, body: request.body.toString("latin1").slice(0, 200) };
      assert.deepEqual(ours, theirs, `request ${i}: ${JSON.stringify(shown)}`);
    } else counts.set(difference, (counts.get(difference) ?? 0) + 1);
  }
  for (const { session, agent } of lanes) {
    agent.destroy();
    await session[Symbol.asyncDispose]();
  }
  const different = [...counts.values()].reduce((sum, count) => sum + count);
  t.diagnostic(`${requests - different} of ${requests} answers are equal; different on purpose:`);
  for (const [name, count] of counts) t.diagnostic(`${count} × ${name}`);
  assert.ok(different < requests / 10, `${different} differences`);
  // What is never needed is to go from the list.
  if (requests >= 3000) assert.ok([...counts.values()].every(count => count > 0));
});
