import assert from "node:assert/strict";
import * as http from "node:http";
import { test } from "node:test";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { connectLane } from "../../server/lanes/connect-lane.ts";
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
function normalize(answer: Answer): unknown {
  const { status, headers, trailers, messages } = answer;
  const { "accept-encoding": _1, "grpc-accept-encoding": _2, "connect-accept-encoding": _3, ...rest } = headers;
  const { allow: _4, "accept-post": _5, vary: _6, ...compared } = rest;
  if (status === 404 || status === 405 || status === 415 || status === 505) return { status };
  return { status, headers: decoded(compared), trailers: decoded(trailers), messages };
}

/** The wire lane encodes no more of an error's text than the protocol asks for. */
function decoded<T extends object>(fields: T): T {
  const text = (fields as { "grpc-message"?: string })["grpc-message"];
  return text === undefined ? fields : { ...fields, "grpc-message": decodeURIComponent(text) };
}

/** The texts of faults that lie in the request itself. */
const requestFault =
  /^\{"status":4[01]5|^\{"status":505|protocol.{1,3}error|decompress|timeout|compression|parse.{1,3}binary|decode.{1,3}message|JSON/i;

function isIntended(wire: unknown, stock: unknown): boolean {
  const [ours, theirs] = [JSON.stringify(wire), JSON.stringify(stock)];
  // Both refuse the request for a fault of its own: they may name different ones, by different codes.
  if (requestFault.test(ours) && requestFault.test(theirs)) return true;
  // A body that ends right behind a prefix is cut, too.
  return ours.includes("incomplete%20envelope") || ours.includes("incomplete envelope");
}

test(`both lanes give the same answers to ${requests} generated requests (seed ${seed})`, async () => {
  const quiet = { logger: false } as const;
  await using wire = await serveGreeter(greeter, { ...quiet, maxMessageBytes: 20_000 });
  await using stock = await serveGreeter(greeter, { ...quiet, maxMessageBytes: 20_000, lane: connectLane });
  const lanes = [wire, stock].map(({ url }) => ({
    url,
    session: connect(url),
    agent: new http.Agent({ keepAlive: true }),
  }));
  const random = createRandom(seed);
  let intended = 0;
  for (let i = 0; i < requests; i++) {
    const request = generateRequest(random);
    const [ours, theirs] = await Promise.all(
      lanes.map(async ({ url, session, agent }) => normalize(await callRaw(url, session, agent, request))),
    );
    try {
      assert.deepEqual(ours, theirs);
    } catch (error) {
      if (isIntended(ours, theirs)) intended++;
      else {
        const shown = { ...request, body: request.body.toString("latin1").slice(0, 200) };
        throw new Error(`request ${i}: ${JSON.stringify(shown)}`, { cause: error });
      }
    }
  }
  for (const { session, agent } of lanes) {
    agent.destroy();
    await session[Symbol.asyncDispose]();
  }
  assert.ok(intended < requests / 4, `${intended} intended differences`);
});
