import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { START_POSITION } from "../records.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const ROUNDS = 5;
const program = fileURLToPath(import.meta.resolve("./crash.fixture.ts"));

test("a killed process loses no acknowledged write, leaves none half done, and frees the file", async t => {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  const file = join(folder.path, "x.db");
  const acknowledged: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, [program, file, String(round)], { stdio: ["ignore", "pipe", "inherit"] });
    const end = acknowledged.length + 500;
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(Number(line));
      if (acknowledged.length === end) child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.equal(child.signalCode, "SIGKILL");
    assert.ok(acknowledged.length >= end);

    await using store = await openSqliteStore({ file });
    const found = await store.getUsers(acknowledged);
    assert.equal(found.length, acknowledged.length);
    const { events } = await store.readEvents(START_POSITION, 1_000_000);
    const users = await store.countUsers({});
    assert.equal(events.length, users, "each user has its event");
    assert.equal(users % 2, 0, "pairs are whole");
    const told = new Set(events.map(({ userId }) => userId));
    assert.ok(acknowledged.every(id => told.has(id)));
  }
  t.diagnostic(`${ROUNDS} kills, ${acknowledged.length} acknowledged users, 0 lost`);
});
