import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type Message } from "@bufbuild/protobuf";
import type { HandlerContext, Interceptor } from "@connectrpc/connect";
import { HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { createChain } from "./chain.ts";
import { joinSteps, type UnaryStep, withUnaryStep } from "./unary-step.ts";

const context = {} as HandlerContext;
const request = create(HelloRequestSchema);
const reply = create(HelloReplySchema);

test("steps run outermost first, around the innermost one, and without a promise", () => {
  const ran: string[] = [];
  function traced(name: string): Interceptor {
    return withUnaryStep(
      () => assert.fail("a step runs in place of its interceptor"),
      next => (context, message) => {
        ran.push(name);
        return next(context, message);
      },
    );
  }
  const innermost: UnaryStep = (_, message: Message) => {
    assert.equal(message, request);
    ran.push("innermost");
    return reply;
  };
  const step = joinSteps([traced("outer"), traced("inner")], innermost);
  assert.equal(step?.(context, request), reply);
  assert.deepEqual(ran, ["outer", "inner", "innermost"]);
});

test("interceptors from elsewhere have no steps, and the chain that they are in has none", () => {
  const foreign: Interceptor = next => request => next(request);
  const own = withUnaryStep(foreign, next => next);
  assert.equal(
    joinSteps([own, next => request => next(request)], () => reply),
    undefined,
  );
});

test("the chain of every host has steps", () => {
  assert.notEqual(
    joinSteps(createChain(), () => reply),
    undefined,
  );
});
