import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { startHost } from "../test/support/service-host.ts";
import { callInfoKey } from "./interceptors/call-info.ts";
import { passOn } from "./pass-on.ts";
import { serve } from "./served.ts";

const clientOf = (baseUrl: string) => createClient(Greeter, createGrpcTransport({ baseUrl }));

test("a call to another service has the request id and what is left of the deadline", async () => {
  await using inner = await startHost(
    serve(Greeter, {
      sayHello: (_, { values, timeoutMs }) => ({ message: `${values.get(callInfoKey).requestId} ${timeoutMs()}` }),
    }),
  );
  const next = clientOf(inner.baseUrl);
  await using outer = await startHost(
    serve(Greeter, { sayHello: (request, context) => next.sayHello(request, passOn(context)) }),
  );
  const caller = clientOf(outer.baseUrl);

  const timed = await caller.sayHello({}, { timeoutMs: 60_000, headers: { "x-request-id": "order-7" } });
  const [id, left] = timed.message.split(" ");
  assert.equal(id, "order-7");
  assert.ok(Number(left) > 0 && Number(left) <= 60_000);
  const untimed = await caller.sayHello({}, { headers: { "x-request-id": "order-8" } });
  assert.equal(untimed.message, "order-8 undefined");
});

test("a call to another service ends when the caller leaves", async () => {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await using inner = await startHost(
    serve(Greeter, {
      sayHello(_, { signal }) {
        signal.addEventListener("abort", () => ended.resolve());
        began.resolve();
        return new Promise(() => {});
      },
    }),
  );
  const next = clientOf(inner.baseUrl);
  await using outer = await startHost(
    serve(Greeter, { sayHello: (request, context) => next.sayHello(request, passOn(context)) }),
  );
  const leave = new AbortController();
  const call = clientOf(outer.baseUrl).sayHello({}, { signal: leave.signal });
  await began.promise;
  leave.abort();
  await assert.rejects(call, { code: Code.Canceled });
  await ended.promise;
});
