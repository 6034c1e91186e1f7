import assert from "node:assert/strict";
import { test } from "node:test";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { openEndedPaths } from "./open-ended-paths.ts";

const isOpenEnded = openEndedPaths([Greeter]);

test("client streaming and bidirectional methods are open-ended, all others are not", () => {
  const paths = Greeter.methods.map(({ name }) => `/greeter.Greeter/${name}`);
  assert.deepEqual(paths.filter(isOpenEnded).sort(), ["/greeter.Greeter/Chat", "/greeter.Greeter/SayHelloToMany"]);
});

test("a path is judged as it is routed, percent-encoded or not", () => {
  assert.equal(isOpenEnded("/greeter%2EGreeter/Ch%61t"), true);
  // An encoded slash divides nothing, and what cannot be decoded is no path.
  assert.equal(isOpenEnded("/greeter.Greeter%2FChat"), false);
  assert.equal(isOpenEnded("/greeter.Greeter/Chat%"), false);
});
