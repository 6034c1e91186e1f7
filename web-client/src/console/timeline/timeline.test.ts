import assert from "node:assert/strict";
import { test } from "node:test";
import { safeText, sizeText, timeText } from "../shown-text.ts";
import { visibleRows } from "./visible-rows.ts";

test("of many rows those in sight are drawn, and a few beyond", () => {
  const viewport = { height: 280, rowHeight: 28 };
  assert.deepEqual(visibleRows(10_000, { ...viewport, scrollTop: 0 }), { first: 0, end: 18 });
  assert.deepEqual(visibleRows(10_000, { ...viewport, scrollTop: 28_000 }), { first: 992, end: 1018 });
  assert.deepEqual(visibleRows(10_000, { ...viewport, scrollTop: 1e9 }), { first: 9999, end: 10_000 });
  assert.deepEqual(visibleRows(3, { ...viewport, scrollTop: 0 }), { first: 0, end: 3 });
  assert.deepEqual(visibleRows(0, { ...viewport, scrollTop: 500 }), { first: 0, end: 0 });
});

test("what could make a text look like another one is written out, and letters are left alone", () => {
  assert.equal(safeText("a\u202etxt.exe"), "a\\u202etxt.exe");
  assert.equal(safeText("\u0000\u200b\u2066"), "\\u0000\\u200b\\u2066");
  assert.equal(safeText("Zoë שלום 日本\n\t"), "Zoë שלום 日本\n\t");
});

test("times and sizes are told in few digits", () => {
  assert.deepEqual([0.04, 12.34, 123.4, 12_340].map(timeText), ["0.0 ms", "12.3 ms", "123 ms", "12.3 s"]);
  assert.deepEqual([999, 1234, 10_000_000].map(sizeText), ["999 B", "1.2 kB", "10.0 MB"]);
});
