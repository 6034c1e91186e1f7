import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { pino } from "pino";
import { createClients } from "../../client/index.ts";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createHost } from "../../host/host.ts";
import { type Served, serve } from "../../host/served.ts";
import { exportTraces } from "../../otel/export-traces.ts";
import { traceAttempts, traceCalls } from "../../otel/index.ts";
import { startCollector } from "../support/collector.ts";
import { testEngine } from "../support/engine.ts";
import { startServer } from "../support/server.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${spanId}-01`;

async function startTraced(lane: "wire" | "connect", service: Served) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: line => void lines.push(JSON.parse(line)) });
  const tracing = traceCalls({ trust: "everybody" });
  const host = await createHost({
    services: [service],
    log,
    lane,
    tracing,
    httpEngine: testEngine,
    shutdownGraceMs: 0,
  });
  const [address] = await host.listen({ host: "localhost", port: 0 });
  return { baseUrl: `http://127.0.0.1:${address?.port}`, lines, [Symbol.asyncDispose]: () => host.close() };
}

for (const lane of ["wire", "connect"] as const) {
  test(`a trace goes from the SDK through two servers to a collector on the ${lane} lane, each attempt a span`, async () => {
    await using collector = await startCollector();
    const exporting = exportTraces({ endpoint: collector.url, serviceName: "test", version: "1" });
    let attempts = 0;
    await using inner = await startTraced(
      lane,
      serve(DirectoryService, {
        getUser() {
          if (attempts++ === 0) throw new ConnectError("again", Code.Unavailable);
          throw new ConnectError("nobody", Code.NotFound);
        },
      }),
    );
    await using toInner = createClients({ baseUrl: inner.baseUrl, trace: traceAttempts() }, [DirectoryService]);
    const [directory] = toInner.clients;
    await using outer = await startTraced(
      lane,
      serve(Greeter, {
        async *sayHelloStream() {
          yield {};
          await directory.getUser({ key: { case: "id", value: "1" } }).catch(() => undefined);
          yield {};
        },
      }),
    );
    await using toOuter = createClients({ baseUrl: outer.baseUrl, trace: traceAttempts() }, [Greeter]);
    const [greeter] = toOuter.clients;
    assert.equal((await Array.fromAsync(greeter.sayHelloStream({}))).length, 2);
    await inner[Symbol.asyncDispose]();
    await outer[Symbol.asyncDispose]();
    await exporting[Symbol.asyncDispose]();

    assert.ok(collector.requests.every(line => line === "POST /v1/traces application/x-protobuf"));
    const spans = collector.spans;
    assert.equal(new Set(spans.map(span => span.traceId)).size, 1);
    const of = (name: string, kind: number) => spans.filter(span => span.name === name && span.kind === kind);
    const hello = "greeter.Greeter/SayHelloStream";
    const getUser = "concierge.directory.v1.DirectoryService/GetUser";
    const [call] = of(hello, 3);
    const [served] = of(hello, 2);
    assert.equal(call?.parentId, "");
    assert.equal(served?.parentId, call?.spanId);
    assert.equal(served?.attributes["rpc.status_code"], "OK");
    assert.equal(served?.attributes["network.peer.address"], "127.0.0.1");
    const calls = of(getUser, 3);
    assert.deepEqual(
      calls.map(({ parentId }) => parentId),
      [served?.spanId, served?.spanId],
    );
    assert.equal(new Set(calls.map(span => span.spanId)).size, 2);
    assert.deepEqual(
      of(getUser, 2).map(({ parentId, status, attributes }) => [
        calls.findIndex(span => span.spanId === parentId),
        status,
        attributes["rpc.status_code"],
        attributes["error.type"],
      ]),
      // What is not found is no fault of the server's.
      [
        [0, 2, "UNAVAILABLE", "UNAVAILABLE"],
        [1, 0, "NOT_FOUND", undefined],
      ],
    );
    assert.deepEqual(
      [...inner.lines, ...outer.lines]
        .filter(line => line.msg === "call")
        .map(line => [line.trace_id, line.span_id])
        .sort(),
      [...of(getUser, 2), served].map(span => [span?.traceId, span?.spanId]).sort(),
    );
  });
}

test("logs, metrics and spans name the same trace, and that of a stranger is linked", async () => {
  await using collector = await startCollector();
  {
    await using server = await startServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.href,
      OTEL_SERVICE_NAME: "mine",
    });
    const headers = { "content-type": "application/json", traceparent };
    await fetch(`${server.baseUrl}/greeter.Greeter/SayHello`, { method: "POST", headers, body: "{}" });
    const line = await server.line(({ msg }) => msg === "call");
    const accept = { accept: "application/openmetrics-text" };
    const metrics = await (await fetch(`${server.baseUrl}/metrics`, { headers: accept })).text();
    await server.app.close();
    const [span] = collector.spans;
    assert.equal(collector.spans.length, 1);
    assert.equal(span?.service, "mine");
    assert.notEqual(span?.traceId, traceId);
    assert.equal(span?.parentId, "");
    assert.deepEqual(span?.links, [`${traceId} ${spanId}`]);
    assert.deepEqual([line.trace_id, line.span_id, line.trace_flags], [span?.traceId, span?.spanId, "01"]);
    assert.ok(metrics.includes(`# {trace_id="${span?.traceId}",span_id="${span?.spanId}"}`));
  }
});

test("TRACE_TRUST=everybody goes on with a stranger's trace", async () => {
  await using collector = await startCollector();
  await using server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.href, TRACE_TRUST: "everybody" });
  const headers = { "content-type": "application/json", traceparent };
  await fetch(`${server.baseUrl}/greeter.Greeter/SayHello`, { method: "POST", headers, body: "{}" });
  await server.app.close();
  assert.deepEqual(
    collector.spans.map(span => [span.traceId, span.parentId, span.links]),
    [[traceId, spanId, []]],
  );
});

test("without a tracer a call's line names the trace of its caller, and the SDK's attempts share one", async () => {
  await using server = await startServer();
  await using own = createClients({ baseUrl: server.baseUrl, trace: true }, [Greeter]);
  const [greeter] = own.clients;
  await greeter.sayHello({}, { headers: { traceparent } });
  const line = await server.line(({ msg }) => msg === "call");
  assert.equal(line.trace_id, traceId);
  assert.match(String(line.span_id), /^[0-9a-f]{16}$/);
  assert.notEqual(line.span_id, spanId);
  assert.equal(line.trace_flags, "01");
  await greeter.sayHello({});
  const fresh = await server.line(({ msg, trace_id }) => msg === "call" && trace_id !== traceId);
  assert.match(String(fresh.trace_id), /^[0-9a-f]{32}$/);
});

test("calls beyond the share have no span, but those of trusted callers, and refused ones have theirs", async () => {
  await using collector = await startCollector();
  const auth = { AUTH_JWT_SECRET: "a secret of at least thirty-two bytes", TRACE_TRUST: "everybody" };
  const env = { ...auth, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url.href, OTEL_TRACES_SAMPLER_ARG: "0" };
  await using server = await startServer(env);
  async function call(method: string, more: Record<string, string> = {}) {
    const headers = { "content-type": "application/json", ...more };
    await (await fetch(`${server.baseUrl}/${method}`, { method: "POST", headers, body: "{}" })).text();
  }
  await call("greeter.Greeter/SayHello");
  await call("greeter.Greeter/SayHello", { traceparent });
  await call("techoral.users.v1.UserService/CreateUser", { traceparent });
  await server.app.close();
  assert.deepEqual(
    collector.spans.map(span => [span.traceId, span.parentId, span.attributes["rpc.status_code"], span.status]),
    [
      [traceId, spanId, "OK", 0],
      [traceId, spanId, "UNAUTHENTICATED", 0],
    ],
  );
});
