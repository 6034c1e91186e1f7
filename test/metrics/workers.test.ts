import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { type MetricSample, nonZero, parseMetrics } from "../support/metrics.ts";
import { startWorkers } from "../support/worker-server.ts";

/** Asks on a connection of its own, which any worker may take. */
function ask(url: string, method: "GET" | "POST"): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    request(url, { method, headers, agent: false }, response => void text(response).then(resolve, reject))
      .on("error", reject)
      .end(method === "POST" ? "{}" : undefined);
  });
}

function assertAll(samples: readonly MetricSample[], calls: number): void {
  const handled = nonZero(samples, "grpc_server_handled_total", "grpc_method", "grpc_code");
  assert.deepEqual(handled, { "SayHello OK": calls });
  assert.deepEqual(nonZero(samples, "grpc_server_handling_seconds_count", "grpc_method"), { SayHello: calls });
  const memory = nonZero(samples, "process_resident_memory_bytes", "worker");
  assert.deepEqual(Object.keys(memory).sort(), ["1", "2"]);
  assert.deepEqual(nonZero(samples, "concierge_store_state", "state"), { ready: 1 });
}

for (const own of [false, true]) {
  test(`the metrics of two workers are those of both, ${own ? "on a port of their own" : "whichever is asked"}`, async () => {
    const port = own ? await freePort() : undefined;
    await using server = await startWorkers({ WORKERS: "2", ...(port && { METRICS: String(port) }) });
    for (let n = 0; n < 20; n++) await ask(`${server.baseUrl}/greeter.Greeter/SayHello`, "POST");
    const url = `${port ? `http://127.0.0.1:${port}` : server.baseUrl}/metrics`;
    for (let n = 0; n < 4; n++) assertAll(parseMetrics(await ask(url, "GET")), 20);
  });
}
