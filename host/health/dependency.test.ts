import assert from "node:assert/strict";
import { test } from "node:test";
import { createDependency } from "./dependency.ts";
import { createHealthRegistry } from "./health-registry.ts";

test("a service is not serving until its dependency is ready, and says why", () => {
  const registry = createHealthRegistry();
  const database = createDependency("postgres");
  registry.add("shipping.v1.TrackingService", [database]);
  assert.equal(registry.serving("shipping.v1.TrackingService"), false);
  assert.match(String(registry.checks().find(({ name }) => name === "postgres")?.failure), /postgres is not there yet/);

  database.ready();
  assert.equal(registry.serving("shipping.v1.TrackingService"), true);
  assert.equal(registry.serving(""), true);

  database.unready("no connection");
  assert.equal(registry.serving(""), false);
  database.unready("it starts anew", { passing: true });
  assert.deepEqual([registry.serving("shipping.v1.TrackingService"), registry.serving("")], [false, true]);
});

test("a dependency tells each listener of each change, and of nothing else", () => {
  const database = createDependency("postgres");
  let told = 0;
  const listener = () => void told++;
  const end = database.subscribe(listener);
  database.subscribe(listener);
  database.ready();
  database.ready();
  assert.equal(told, 2);
  end();
  database.unready("gone");
  database.unready("gone");
  assert.equal(told, 3);
});
