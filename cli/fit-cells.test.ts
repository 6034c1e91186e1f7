import assert from "node:assert/strict";
import { test } from "node:test";
import { fitCells } from "./fit-cells.ts";

test("cells are cut to the limit of their column, between characters", () => {
  for (const [text, short] of [
    ["a👩‍🚀cd", "a👩‍🚀…"],
    ["a日本", "a日…"],
    ["abce\u0301", "abce\u0301"],
    ["abcde\u0301", "abc…"],
    ["", ""],
  ] as const) {
    assert.deepEqual(fitCells([[text, text]], [undefined, 4], 80), [[text, short]]);
  }
});

test("the widest of the columns that may be cut give way where the room is short, down to a few characters", () => {
  const rows = [["12345678", "n".repeat(20), "e".repeat(30)]];
  const widths = (room: number) => fitCells(rows, [undefined, 32, 44], room)[0]?.map(cell => cell.length);
  assert.deepEqual(widths(80), [8, 20, 30]);
  assert.deepEqual(widths(60), [8, 20, 28]);
  assert.deepEqual(widths(48), [8, 18, 18]);
  assert.deepEqual(widths(36), [8, 12, 12]);
});

test("one long cell makes its column no wider than its limit", () => {
  const rows = [["n".repeat(200)], ["short"]];
  assert.deepEqual(fitCells(rows, [32], 80), [[`${"n".repeat(31)}…`], ["short"]]);
});

test("no line is longer than the room: columns at the right are left out", () => {
  const rows = [["12345678", "n".repeat(20), "e".repeat(30), "2026-01-01T00:00:00Z"]];
  const limits = [undefined, 32, 44, undefined];
  const widths = (room: number) => fitCells(rows, limits, room)[0]?.map(cell => cell.length);
  assert.deepEqual(widths(58), [8, 12, 12, 20]);
  assert.deepEqual(widths(57), [8, 20, 25]);
  assert.deepEqual(widths(35), [8, 20]);
  assert.deepEqual(widths(21), [8]);
  assert.deepEqual(widths(5), [5]);
});
