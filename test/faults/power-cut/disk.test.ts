import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../support/random.ts";
import { Disk } from "./disk.ts";
import type { FileOperation } from "./trace.ts";

const FOLDER = "/r/d";
const FILE = "/r/d/x";

function write(text: string, offset = 0): FileOperation {
  return { kind: "write", path: FILE, offset, data: Buffer.from(text) };
}

function sync(path: string): FileOperation {
  return { kind: "sync", path };
}

const MADE: readonly FileOperation[] = [
  { kind: "make-folder", path: FOLDER },
  { kind: "make-file", path: FILE },
];
const LASTING: readonly FileOperation[] = [...MADE, sync("/r"), sync(FOLDER)];

/** What the file holds after many power cuts, each content once; undefined where it is not there. */
function contents(operations: readonly FileOperation[]): Set<string | undefined> {
  const disk = new Disk("/r");
  for (const operation of operations) disk.apply(operation);
  const random = createRandom(1);
  return new Set(Array.from({ length: 2000 }, () => disk.afterPowerCut(random).get("d/x")?.toString("latin1")));
}

test("a running program sees all that was done", () => {
  const disk = new Disk("/r");
  const truncate: FileOperation = { kind: "truncate", path: FILE, size: 4 };
  for (const operation of [...MADE, write("abc"), write("XY", 4), truncate, write("Z", 1)]) disk.apply(operation);
  assert.deepEqual([...disk.now()], [["d/x", Buffer.from("aZc\0")]]);
  disk.apply({ kind: "remove", path: FILE });
  assert.equal(disk.now().size, 0);
});

test("what was synced is there, whatever follows", () => {
  assert.deepEqual(contents([...LASTING, write("abc"), sync(FILE)]), new Set(["abc"]));
  assert.deepEqual(contents([...LASTING, write("abc"), sync(FILE), write("X", 1)]), new Set(["abc", "aXc"]));
});

test("a name lasts once its folder is synced, and so on up to the root", () => {
  for (const missing of ["/r", FOLDER]) {
    const without = LASTING.filter(operation => operation.kind !== "sync" || operation.path !== missing);
    assert.deepEqual(contents([...without, write("a"), sync(FILE)]), new Set([undefined, "a"]), missing);
  }
});

test("a name may come back, and stand for the file that it stood for", () => {
  const removed: FileOperation[] = [...LASTING, write("old"), sync(FILE), { kind: "remove", path: FILE }];
  assert.deepEqual(contents(removed), new Set(["old", undefined]));
  const again: FileOperation[] = [...removed, { kind: "make-file", path: FILE }, write("new"), sync(FILE)];
  assert.deepEqual(contents(again), new Set(["old", undefined, "new"]));
  assert.deepEqual(contents([...again, sync(FOLDER)]), new Set(["new"]));
});

test("writes are lost one by one, and a hole reads as zeros", () => {
  const seen = contents([...LASTING, write("ab"), write("c", 2)]);
  assert.deepEqual(seen, new Set(["", "ab", "abc", "\0\0c", "ab\0", "\0\0\0"]));
});

test("a write is torn between sectors, never within one", () => {
  const seen = contents([...LASTING, write("-".repeat(1100)), sync(FILE), write("X".repeat(600), 500)]);
  // Bytes 500 to 1099 are the ends of the first and third sector, and the whole of the second.
  const pieces = [12, 512, 76].map(length => ["-".repeat(length), "X".repeat(length)]);
  const [first = [], second = [], third = []] = pieces;
  const expected = first.flatMap(a => second.flatMap(b => third.map(c => `${"-".repeat(500)}${a}${b}${c}`)));
  assert.deepEqual([...seen].sort(), expected.sort());
});

test("the same seed cuts the same way", () => {
  const disk = new Disk("/r");
  for (const operation of [...MADE, ...Array.from({ length: 50 }, (_, i) => write("x", i))]) disk.apply(operation);
  const cuts = () => Array.from({ length: 20 }, (_, seed) => [...disk.afterPowerCut(createRandom(seed))]);
  assert.deepEqual(cuts(), cuts());
});
