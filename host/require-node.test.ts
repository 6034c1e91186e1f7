import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Makes the process that imports it take itself for an older Node.js. */
const older = `data:text/javascript,${encodeURIComponent(
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.0" } })',
)}`;

for (const entry of ["host/index.ts", "server/start.js", "cli/main.ts"]) {
  test(`${entry} says on an older Node.js which one it needs, and does nothing more`, () => {
    const file = fileURLToPath(new URL(`../${entry}`, import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", older, file], { encoding: "utf8" });
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /concierge needs Node\.js 24\.7 or later, and this is 20\.18\.0/i);
  });
}
