import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Disk } from "./power-cut/disk.ts";
import { cutPower, type Findings } from "./power-cut/power-cuts.ts";
import { type Recording, record } from "./power-cut/recording.ts";

/** Another one gives other states. */
const SEED = Number(process.env.FAULTS_SEED ?? 1);

const traced = spawnSync("strace", ["-o", "/dev/null", "true"]);
const skip = traced.status !== 0 && "this machine has no strace, or lets it trace nothing";

/** Moves pages from the log into the data file, and begins the log anew, every 60 pages rather than every 4,000. */
const OFTEN = { wal_autocheckpoint: "60" };

function recorded(t: TestContext, settings: Readonly<Record<string, string>>): Recording {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  return record(folder.path, settings);
}

function tell(t: TestContext, { operations }: Recording, { states, lookedFor, lost, problems }: Findings): void {
  const syncs = operations.filter(({ kind }) => kind === "sync").length;
  t.diagnostic(
    `${states} power cuts in ${operations.length} operations, ${syncs} of them syncs: ` +
      `${lost} of ${lookedFor} acknowledged writes lost, ${problems.length} other problems`,
  );
}

test("what is replayed is what the store left on disk", { skip }, t => {
  const { root, operations } = recorded(t, OFTEN);
  const disk = new Disk(root);
  for (const operation of operations) disk.apply(operation);
  const files = disk.now();
  assert.deepEqual([...files.keys()].sort(), ["data/concierge.db", "data/concierge.db-wal"]);
  for (const [path, bytes] of files) assert.ok(bytes.equals(readFileSync(join(root, path))), path);
});

for (const [title, settings] of [
  ["as it is", {}],
  ["with many checkpoints", OFTEN],
] as const) {
  test(`power cuts lose no acknowledged write, the store ${title}`, { skip }, async t => {
    const recording = recorded(t, settings);
    const findings = await cutPower(recording, 200, SEED);
    tell(t, recording, findings);
    assert.deepEqual(findings.problems.slice(0, 10), []);
    assert.equal(findings.lost, 0);
  });
}

for (const synchronous of ["NORMAL", "OFF"]) {
  test(`power cuts would lose writes with synchronous=${synchronous}`, { skip }, async t => {
    const recording = recorded(t, { ...OFTEN, synchronous });
    const findings = await cutPower(recording, 50, SEED);
    tell(t, recording, findings);
    assert.ok(findings.lost > 0);
  });
}
