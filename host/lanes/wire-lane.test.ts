import assert from "node:assert/strict";
import { test } from "node:test";
import { createContextValues } from "@connectrpc/connect";
import { fastify } from "fastify";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as Helloworld } from "../../gen/helloworld_pb.ts";
import type { LaneOptions } from "./lane.ts";
import { createWireLane } from "./wire-lane.ts";

function options(routes: LaneOptions["routes"]): LaneOptions {
  return {
    routes,
    interceptors: [],
    contextValues: () => createContextValues(),
    maxMessageBytes: 1000,
    maxDeadlineMs: 1000,
    shutdownSignal: new AbortController().signal,
  };
}

test("what the lane declines is listed, and served by Connect's own plugin", async () => {
  await using app = fastify();
  const lane = createWireLane();
  await lane(
    app,
    options(router => {
      router.service(Greeter, { sayHello: () => ({ message: "ours" }) }, { jsonOptions: {} });
      router.service(Helloworld, { sayHello: () => ({ message: "theirs" }) }, { readMaxBytes: 500 });
    }),
  );
  assert.deepEqual(lane.declined, ["/Greeter/SayHello"]);
  for (const [url, message] of [
    ["/greeter.Greeter/SayHello", "ours"],
    ["/Greeter/SayHello", "theirs"],
  ] as const) {
    const { body } = await app.inject({
      method: "POST",
      url,
      headers: { "content-type": "application/json" },
      payload: "{}",
    });
    assert.deepEqual(JSON.parse(body), { message });
  }
});

test("a method that a service leaves out is UNIMPLEMENTED", async () => {
  await using app = fastify();
  await createWireLane()(
    app,
    options(router => {
      router.service(Helloworld, {});
    }),
  );
  const headers = { "content-type": "application/json" };
  const response = await app.inject({ method: "POST", url: "/Greeter/SayHello", headers, payload: "{}" });
  assert.equal(response.statusCode, 501);
});

test("a method that answers nothing answers the empty message", async () => {
  await using app = fastify();
  await createWireLane()(
    app,
    options(router => {
      router.service(Helloworld, { sayHello: () => undefined as never });
    }),
  );
  const headers = { "content-type": "application/json" };
  const response = await app.inject({ method: "POST", url: "/Greeter/SayHello", headers, payload: "{}" });
  assert.equal(response.statusCode, 200);
  assert.equal(response.body, "{}");
});
