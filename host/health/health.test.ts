import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { createHealth } from "./health.ts";
import { createHealthRegistry, type HealthRegistry } from "./health-registry.ts";

function clientOf(registry: HealthRegistry, shutdownSignal?: AbortSignal) {
  const options = shutdownSignal && { router: { shutdownSignal } };
  return createClient(
    Health,
    createRouterTransport(router => {
      router.service(Health, createHealth(registry));
    }, options),
  );
}

/** Opens a watch and returns how to read its next state. */
function watch(registry: HealthRegistry, service: string, signal?: AbortSignal) {
  const states = clientOf(registry)
    .watch({ service }, signal ? { signal } : {})
    [Symbol.asyncIterator]();
  return async () => (await states.next()).value?.status;
}

test("Check answers a known service's state, and NOT_FOUND for an unknown one", async () => {
  const registry = createHealthRegistry();
  registry.set("a.A", false);
  const client = clientOf(registry);
  assert.equal((await client.check({})).status, Status.SERVING);
  assert.equal((await client.check({ service: "a.A" })).status, Status.NOT_SERVING);
  await assert.rejects(client.check({ service: "b.B" }), error => {
    assert.equal(ConnectError.from(error).code, Code.NotFound);
    assert.equal(ConnectError.from(error).rawMessage, 'unknown service "b.B"');
    return true;
  });
});

test("an error repeats no more than 256 characters of a service's name", async () => {
  const service = `${"x".repeat(255)}👋`;
  await assert.rejects(clientOf(createHealthRegistry()).check({ service }), error => {
    assert.equal(ConnectError.from(error).rawMessage, `unknown service "${"x".repeat(255)}\ufffd"`);
    return true;
  });
});

test("List answers every state", async () => {
  const registry = createHealthRegistry();
  registry.set("a.A", false);
  const { statuses } = await clientOf(registry).list({});
  assert.deepEqual(
    Object.entries(statuses).map(([service, { status }]) => [service, status]),
    [
      ["", Status.SERVING],
      ["a.A", Status.NOT_SERVING],
    ],
  );
});

test("Watch sends the state at once and then each change, and is quiet about other services", async () => {
  const registry = createHealthRegistry();
  registry.add("a.A");
  const next = watch(registry, "a.A");
  assert.equal(await next(), Status.SERVING);
  const changed = next();
  registry.set("b.B", false);
  registry.set("a.A", true);
  registry.set("a.A", false);
  assert.equal(await changed, Status.NOT_SERVING);
});

test("Watch of an unknown service says so, and tells when it becomes known", async () => {
  const registry = createHealthRegistry();
  const next = watch(registry, "a.A");
  assert.equal(await next(), Status.SERVICE_UNKNOWN);
  registry.add("a.A");
  assert.equal(await next(), Status.SERVING);
});

test("a slow watcher gets the latest state alone", async () => {
  const registry = createHealthRegistry();
  const { signal } = new AbortController();
  const implementation = createHealth(registry);
  const context = { signal } as Parameters<typeof implementation.watch>[1];
  const request = { $typeName: "grpc.health.v1.HealthCheckRequest", service: "" } as const;
  const states = implementation.watch(request, context)[Symbol.asyncIterator]();
  assert.deepEqual((await states.next()).value, { status: Status.SERVING });
  for (let n = 0; n < 1000; n++) registry.setAll(n % 2 === 1);
  registry.setAll(false);
  assert.deepEqual((await states.next()).value, { status: Status.NOT_SERVING });
  registry.setAll(true);
  assert.deepEqual((await states.next()).value, { status: Status.SERVING });
});

test("a watcher leaves the registry with its client, also where nothing reads its states any more", async () => {
  const leave = new AbortController();
  const { promise: left, resolve: unsubscribed } = Promise.withResolvers<void>();
  const registry = createHealthRegistry();
  const observed: HealthRegistry = {
    ...registry,
    subscribe(listener) {
      const unsubscribe = registry.subscribe(listener);
      return () => {
        unsubscribe();
        unsubscribed();
      };
    },
  };
  const next = watch(observed, "", leave.signal);
  await next();
  leave.abort();
  await left;
});

test("a drain is told to watchers before their streams end with UNAVAILABLE", async () => {
  const registry = createHealthRegistry();
  const shutdown = new AbortController();
  const states = clientOf(registry, shutdown.signal).watch({})[Symbol.asyncIterator]();
  assert.equal((await states.next()).value?.status, Status.SERVING);
  registry.shutdown();
  shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
  assert.equal((await states.next()).value?.status, Status.NOT_SERVING);
  await assert.rejects(states.next(), error => ConnectError.from(error).code === Code.Unavailable);
});
