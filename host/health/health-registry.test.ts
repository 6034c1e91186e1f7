import assert from "node:assert/strict";
import { test } from "node:test";
import { createHealthRegistry, type Dependency } from "./health-registry.ts";

/** A dependency whose state the test changes. */
function createStore() {
  const listeners = new Set<() => void>();
  return {
    name: "store",
    state: "ready" as Dependency["state"],
    passing: false,
    reason: undefined as string | undefined,
    listeners,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(state: Dependency["state"], reason?: string) {
      this.state = state;
      this.reason = reason;
      for (const listener of listeners) listener();
    },
  };
}

test("the server as a whole is known and serves, other names are unknown until they are added or set", () => {
  const registry = createHealthRegistry();
  assert.equal(registry.serving(""), true);
  assert.equal(registry.serving("a.A"), undefined);
  registry.add("a.A");
  registry.set("b.B", false);
  assert.equal(registry.serving("a.A"), true);
  assert.equal(registry.serving("b.B"), false);
  assert.deepEqual(registry.services(), ["", "a.A", "b.B"]);
});

test("a service and the server stop serving with a dependency the service needs, and come back with it", () => {
  const store = createStore();
  const registry = createHealthRegistry();
  registry.add("greeter.Greeter");
  registry.add("UserService", [store]);
  store.become("unready", "the disk is full");
  assert.deepEqual(["", "greeter.Greeter", "UserService"].map(registry.serving), [false, true, false]);
  assert.deepEqual(registry.checks(), [
    { name: "server", failure: undefined },
    { name: "store", failure: "the disk is full" },
  ]);
  registry.set("UserService", true);
  assert.equal(registry.serving("UserService"), false);
  store.become("ready");
  assert.deepEqual(["", "greeter.Greeter", "UserService"].map(registry.serving), [true, true, true]);
});

test("while a dependency is unready for a moment, the services that need it do not serve and the server does", () => {
  const store = createStore();
  const registry = createHealthRegistry();
  registry.add("greeter.Greeter");
  registry.add("UserService", [store]);
  store.passing = true;
  store.become("unready", "the database is out of reach");
  assert.deepEqual(["", "greeter.Greeter", "UserService"].map(registry.serving), [true, true, false]);
  assert.equal(registry.checks()[1]?.failure, undefined);
  store.passing = false;
  store.become("unready", "the database is out of reach");
  assert.deepEqual(["", "greeter.Greeter", "UserService"].map(registry.serving), [false, true, false]);
  assert.equal(registry.checks()[1]?.failure, "the database is out of reach");
});

test("a dependency is listened to once, however many services need it, and let go at the shutdown", () => {
  const store = createStore();
  const registry = createHealthRegistry();
  registry.add("a.A", [store]);
  registry.add("b.B", [store]);
  assert.equal(store.listeners.size, 1);
  registry.shutdown();
  assert.equal(store.listeners.size, 0);
});

test("what is set on a service leaves the others alone, and setAll reaches each of them", () => {
  const registry = createHealthRegistry();
  registry.add("a.A");
  registry.set("a.A", false);
  assert.deepEqual(["", "a.A"].map(registry.serving), [true, false]);
  registry.setAll(true);
  assert.deepEqual(["", "a.A"].map(registry.serving), [true, true]);
  registry.setAll(false);
  assert.deepEqual(["", "a.A"].map(registry.serving), [false, false]);
  assert.deepEqual(registry.checks(), [{ name: "server", failure: "set to not serving" }]);
});

test("nothing serves after the shutdown, whatever is set later", () => {
  const registry = createHealthRegistry();
  registry.add("a.A");
  registry.shutdown();
  registry.setAll(true);
  registry.set("a.A", true);
  registry.set("b.B", true);
  registry.add("c.C");
  assert.deepEqual(["", "a.A", "b.B", "c.C"].map(registry.serving), [false, false, undefined, false]);
  assert.deepEqual(registry.checks(), [{ name: "server", failure: "draining" }]);
});

test("listeners hear of each change, by whatever cause, until they leave", () => {
  const store = createStore();
  const registry = createHealthRegistry();
  let heard = 0;
  const leave = registry.subscribe(() => heard++);
  registry.add("a.A", [store]);
  store.become("unready");
  registry.set("a.A", false);
  registry.setAll(true);
  registry.shutdown();
  assert.equal(heard, 5);
  leave();
  registry.add("b.B");
  assert.equal(heard, 5);
});
