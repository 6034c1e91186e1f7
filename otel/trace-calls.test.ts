import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import { context, type Tracer, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { Greeter, HelloReplySchema, HelloRequestSchema } from "../gen/greeter/greeter_pb.ts";
import { joinSteps } from "../host/interceptors/unary-step.ts";
import { type TraceCallsOptions, traceCalls } from "./trace-calls.ts";

/** A tracer that keeps its spans, and OpenTelemetry's context for the time of a test. */
function startTracing() {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors });
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  return {
    tracer: provider.getTracer("test"),
    names: () => exporter.getFinishedSpans().map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      context.disable();
      manager.disable();
      await provider.shutdown();
    },
  };
}

const method = Greeter.method.sayHello;
const reply = create(HelloReplySchema);

/** Runs a unary call by steps; the service makes a span of its own. */
function callOnce(options: TraceCallsOptions & { readonly tracer: Tracer }) {
  const { tracer } = options;
  const { begin, interceptor, end } = traceCalls(options);
  const call = { method, values: createContextValues(), requestHeader: new Headers() } as unknown as HandlerContext;
  let active = false;
  const step = joinSteps([interceptor], () => {
    active = trace.getActiveSpan() !== undefined;
    tracer.startSpan("inner").end();
    return reply;
  });
  begin(call);
  const replied = step?.(call, create(HelloRequestSchema));
  end({ method, values: call.values, error: undefined, ms: 1, traceparent: undefined });
  return { active, reply: replied };
}

test("a unary call runs within its span, without a promise", async () => {
  await using tracing = startTracing();
  assert.deepEqual(callOnce({ tracer: tracing.tracer }), { active: true, reply });
  assert.deepEqual(tracing.names(), ["inner", "greeter.Greeter/SayHello"]);
});

test("a unary call beyond the share has no span, nor has what it calls, and takes no promise", async () => {
  await using tracing = startTracing();
  assert.deepEqual(callOnce({ tracer: tracing.tracer, ratio: 0 }), { active: false, reply });
  assert.deepEqual(tracing.names(), []);
});

test("what a call beyond the share calls has spans where they are not suppressed", async () => {
  await using tracing = startTracing();
  assert.deepEqual(callOnce({ tracer: tracing.tracer, ratio: 0, suppress: false }), { active: false, reply });
  assert.deepEqual(tracing.names(), ["inner"]);
});

test("the share holds for calls that end before the gate, too", async () => {
  await using tracing = startTracing();
  const call = { method, values: createContextValues(), error: undefined, ms: 1, traceparent: undefined };
  traceCalls({ tracer: tracing.tracer, ratio: 0 }).end(call);
  assert.deepEqual(tracing.names(), []);
  traceCalls({ tracer: tracing.tracer, ratio: 1 }).end(call);
  assert.deepEqual(tracing.names(), ["greeter.Greeter/SayHello"]);
});
