import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentOf, type Route, readRoute } from "./route.ts";

test("a route comes back from its fragment", () => {
  const routes: Route[] = [
    { room: "explore", method: "greeter.Greeter/SayHello" },
    { room: "watch" },
    { room: "directory" },
    { room: "shared", packed: "a_b-c" },
  ];
  for (const route of routes) assert.deepEqual(readRoute(fragmentOf(route)), route);
});

test("a fragment that is none of ours shows the first method, or a method that there is not", () => {
  assert.deepEqual(readRoute(""), { room: "explore", method: undefined });
  assert.deepEqual(readRoute("#/100%"), { room: "explore", method: "100%" });
});
