import assert from "node:assert/strict";
import { test } from "node:test";
import { result } from "./result.fixture.ts";
import { drawResult, escapeXml } from "./svg.ts";

test("the longest whisker fills the width and a bar ends at its median", () => {
  const svg = drawResult(result);
  assert.match(svg, /<rect class="own" x="200" y="34" width="423\.0"/);
  assert.match(svg, /<path class="whisker" d="M552\.5 42H670\.0/);
  assert.match(svg, /<rect class="peer" x="200" y="56" width="352\.5"/);
});

test("the picture follows the reader's colour scheme and has no text that XML would read", () => {
  const svg = drawResult(result);
  assert.match(svg, /@media \(prefers-color-scheme: dark\)/);
  assert.match(svg, /servers &lt;with&gt; each other/);
  assert.match(svg, /gRPC &amp; co/);
  assert.equal(escapeXml(`<"&">`), "&lt;&quot;&amp;&quot;&gt;");
});

test("charts for the table alone and contenders without a value are left out", () => {
  const hidden = { ...result, charts: result.charts.map(chart => ({ ...chart, pictured: false })) };
  assert.doesNotMatch(drawResult(hidden), /class="peer"/);
  const empty = {
    ...result,
    charts: result.charts.map(chart => ({ ...chart, contenders: [{ name: "x", values: {} }] })),
  };
  assert.doesNotMatch(drawResult(empty), /NaN|Infinity/);
});
