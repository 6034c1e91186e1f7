import assert from "node:assert/strict";
import { test } from "node:test";
import { docsPage } from "./docs.ts";
import { result } from "./result.fixture.ts";

test("the page says how to reproduce, then has a section for each result", () => {
  const page = docsPage([result]);
  assert.match(page, /^# Benchmarks\n/);
  assert.match(page, /npm run bench/);
  assert.match(page, /\n## unary\n\nCompares servers <with> each other\.\n\n!\[.*\]\(bench\/unary\.svg\)\n/);
  assert.match(page, /\n\| wire ≥ 1\.2 × grpc-js \| met: 1\.2 \(at least 1\.2\) \|\n/);
  assert.match(page, /\n\| grpc-js \| calls a second \| 30,000 \| 29,000 \| 31,000 \| 1\.00 \|\n/);
  assert.match(page, /\nNote: grpcio is not installed\.\n/);
  assert.match(page, /\n3 rounds on 2026-01-02: a CPU, /);
});
