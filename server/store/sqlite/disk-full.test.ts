import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** A folder on a disk of 3 MB, in a namespace of its own, which ends with the process. */
const MOUNT = 'mount -t tmpfs -o size=3m tmpfs "$1" && shift && exec "$@"';
const UNSHARE = ["--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"];
const refused = spawnSync("unshare", [...UNSHARE, tmpdir(), "true"]).status !== 0;

test("a full disk stops writes cleanly, and space brings them back", {
  skip: refused && "this machine lets no one mount a small disk",
}, async t => {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  const program = fileURLToPath(import.meta.resolve("./disk-full.fixture.ts"));
  const child = spawn("unshare", [...UNSHARE, folder.path, process.execPath, program, folder.path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const seen = JSON.parse(await text(child.stdout));
  t.diagnostic(JSON.stringify(seen));
  assert.deepEqual(seen.states, ["read_only", "ready", "closed"]);
  assert.equal(seen.refusal, "StoreUnavailableError: the store takes no writes at the moment");
  assert.equal(seen.readsWhileFull, true);
  assert.ok(seen.acknowledged > 100);
  assert.equal(seen.users, seen.acknowledged);
  assert.equal(seen.events, seen.acknowledged);
});
