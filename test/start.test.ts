import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../scripts/start-server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "concierge-start-"));
after(() => rmSync(folder, { recursive: true }));

/** Starts as `npm start` does, calls, and stops. */
async function startAndCall(cache: string) {
  const env = { DATABASE_URL: "sqlite::memory:", NODE_COMPILE_CACHE: cache };
  const { server, port } = await startServer(root, "server/start.js", env);
  const headers = { "content-type": "application/json" };
  const url = `http://localhost:${port}/Greeter/SayHello`;
  const response = await fetch(url, { method: "POST", headers, body: '{"name":"World"}' });
  assert.deepEqual(await response.json(), { message: "Hello, World" });
  server.kill();
  assert.deepEqual(await once(server, "exit"), [0, null]);
}

/** The files below a folder, with the time each was written. */
function filesIn(cache: string): ReadonlyMap<string, number> {
  const names = readdirSync(cache, { recursive: true, encoding: "utf8" });
  const stats = names.map(name => [name, statSync(join(cache, name))] as const);
  return new Map(stats.filter(([, stat]) => stat.isFile()).map(([name, stat]) => [name, stat.mtimeMs]));
}

test("a start keeps what it compiled, and the next one compiles nothing again", async () => {
  const cache = join(folder, "compiled");
  await startAndCall(cache);
  const first = filesIn(cache);
  assert.ok(first.size > 100, `${first.size} modules are kept`);
  await startAndCall(cache);
  for (const [name, time] of first) assert.equal(filesIn(cache).get(name), time, `${name} was written again`);
});

test("a start where compiled code cannot be kept serves all the same", async () => {
  const file = join(folder, "no-folder");
  writeFileSync(file, "");
  await startAndCall(file);
});

test("an older Node.js is told which one is needed, at a start and at an import of the toolkit", () => {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const needed = engines.node.replace(">=", "");
  const old = 'data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "20.20.2" } })';
  for (const program of ["server/start.js", "host/index.ts"]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", old, program], {
      cwd: root,
      encoding: "utf8",
    });
    assert.deepEqual([status, stdout], [1, ""], program);
    assert.match(stderr, new RegExp(`concierge needs Node\\.js ${needed} or later, and this is 20\\.20\\.2`), program);
  }
});
