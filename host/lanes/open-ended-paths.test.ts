import assert from "node:assert/strict";
import { test } from "node:test";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { openEndedPaths } from "./open-ended-paths.ts";

test("client streaming and bidirectional methods are open-ended, all others are not", () => {
  const paths = openEndedPaths([Greeter]);
  assert.deepEqual([...paths].sort(), ["/greeter.Greeter/Chat", "/greeter.Greeter/SayHelloToMany"]);
});
