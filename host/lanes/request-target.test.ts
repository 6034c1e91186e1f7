import assert from "node:assert/strict";
import { test } from "node:test";
import { splitTarget } from "./request-target.ts";

for (const [target, path, query] of [
  ["/a/b?c=d?e", "/a/b", "c=d?e"],
  ["/a%2Fb", "/a%2Fb", ""],
  ["/?", "/", ""],
  ["http://host:80/a/b?c", "/a/b", "c"],
  ["HTTPS://[::1]/a", "/a", ""],
  ["http://host?c", "/", "c"],
  ["http://host", "/", ""],
  ["*", "*", ""],
  ["ftp://host/a", "ftp://host/a", ""],
] as const) {
  test(`${target} asks for the path ${path} and the query "${query}"`, () => {
    assert.deepEqual(splitTarget(target), { path, query });
  });
}
