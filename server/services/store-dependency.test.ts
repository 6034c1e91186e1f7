import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreHealth } from "../store/user-store.ts";
import { storeDependency } from "./store-dependency.ts";

/** A store of which a test says how it is. */
function createStore() {
  let health: StoreHealth = { state: "ready" };
  const listeners = new Set<(health: StoreHealth) => void>();
  return {
    health: () => health,
    onHealth(listener: (health: StoreHealth) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    become(state: StoreHealth["state"]) {
      health = { state };
      for (const listener of listeners) listener(health);
    },
  };
}

test("a store that is out of reach is passing for ten seconds, then unready, and ready as soon as it is back", t => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const store = createStore();
  const dependency = storeDependency(store);
  const seen: (readonly [string, boolean | undefined])[] = [];
  dependency.subscribe(() => seen.push([dependency.state, dependency.passing]));
  store.become("unreachable");
  t.mock.timers.tick(9_999);
  assert.deepEqual(seen, [["unready", true]]);
  t.mock.timers.tick(1);
  assert.deepEqual(seen[1], ["unready", false]);
  assert.equal(dependency.reason, "the store is unreachable");
  store.become("ready");
  assert.deepEqual(seen[2], ["ready", false]);
  store.become("unreachable");
  store.become("ready");
  t.mock.timers.tick(20_000);
  assert.equal(seen.length, 5);
});

test("a store that takes no writes is unready at once", () => {
  const store = createStore();
  const dependency = storeDependency(store);
  store.become("read_only");
  assert.deepEqual([dependency.state, dependency.passing], ["unready", false]);
  assert.equal(dependency.reason, "the store is read only");
});
