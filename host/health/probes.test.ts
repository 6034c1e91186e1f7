import assert from "node:assert/strict";
import { test } from "node:test";
import { fastify } from "fastify";
import { createHealthRegistry, type Dependency } from "./health-registry.ts";
import { probes } from "./probes.ts";

const fullDisk: Dependency = {
  name: "store",
  state: "unready",
  reason: "the disk is full",
  subscribe: () => () => undefined,
};

async function get(registry: ReturnType<typeof createHealthRegistry>, url: string) {
  const app = fastify();
  probes(app, registry);
  const { statusCode, body, headers } = await app.inject(url);
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["content-type"], "text/plain; charset=utf-8");
  return [statusCode, body];
}

test("/readyz is 200 while the server serves, and lists its checks when asked to", async () => {
  const registry = createHealthRegistry();
  assert.deepEqual(await get(registry, "/readyz"), [200, "ok\n"]);
  assert.deepEqual(await get(registry, "/readyz?verbose"), [200, "[+]server ok\nreadyz check passed\n"]);
});

test("/readyz is 503 while a dependency is unready, and says which", async () => {
  const registry = createHealthRegistry();
  registry.add("UserService", [fullDisk]);
  assert.deepEqual(await get(registry, "/readyz"), [503, "not ready\n"]);
  assert.deepEqual(await get(registry, "/readyz?verbose"), [
    503,
    "[+]server ok\n[-]store failed: the disk is full\nreadyz check failed\n",
  ]);
});

test("/readyz is 503 once a drain has begun", async () => {
  const registry = createHealthRegistry();
  registry.shutdown();
  assert.deepEqual(await get(registry, "/readyz?verbose"), [503, "[-]server failed: draining\nreadyz check failed\n"]);
});

test("/livez is 200 whatever a dependency or a drain does", async () => {
  const registry = createHealthRegistry();
  registry.add("UserService", [fullDisk]);
  registry.shutdown();
  assert.deepEqual(await get(registry, "/livez"), [200, "ok\n"]);
});
