import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { parse } from "yaml";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { type MetricSample, parseMetrics } from "../support/metrics.ts";
import { startServer } from "../support/server.ts";

/** A selector of PromQL, as far as our files have them: a metric's name, and the labels that are compared. */
interface Selector {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Words of PromQL that are no metrics: functions, and what takes labels. */
const words = new Set(["sum", "max", "rate", "absent", "histogram_quantile", "label_values", "by"]);

function selectorsOf(expr: string): Selector[] {
  const plain = expr.replace(/\bby \([^)]*\)/g, "").replace(/, (job|instance)\)$/, ")");
  return [...plain.matchAll(/(?<![$\w"|.])([a-z_][\w]*)(?:\{([^}]*)\})?(?=[\s,)[{]|$)/g)]
    .map(([, name = "", braces = ""]) => ({
      name,
      labels: [...braces.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, l = ""]) => l),
    }))
    .filter(({ name }) => !words.has(name));
}

/** By which labels something is summed. */
function groupingsOf(expr: string): string[] {
  return [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(",").map(label => label.trim()));
}

/** What Prometheus adds to each series when it scrapes. */
const ofScrape = ["job", "instance"];

const dashboard = JSON.parse(readFileSync(new URL("../../docs/grafana/concierge.json", import.meta.url), "utf8")) as {
  panels: { title: string; targets?: { expr: string }[] }[];
  templating: { list: { name: string; query: string | { query: string } }[] };
};
const alerts = parse(readFileSync(new URL("../../docs/alerts.yaml", import.meta.url), "utf8")) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};
const expressions = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.templating.list.flatMap(({ name, query }) =>
    typeof query === "string" ? [] : [[name, query.query] as const],
  ),
  ...alerts.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const)),
];

let samples: MetricSample[] = [];
before(async () => {
  await using server = await startServer();
  await createClient(Greeter, createGrpcTransport({ baseUrl: server.baseUrl })).sayHello({});
  samples = parseMetrics(await (await fetch(`${server.baseUrl}/metrics`)).text());
});

test("each expression names metrics", () => {
  assert.ok(expressions.length > 30);
  for (const [title, expr] of expressions) assert.ok(selectorsOf(expr).length > 0, `${title}: ${expr}`);
});

for (const [title, expr] of expressions) {
  test(`a live server tells what "${title}" asks for: ${expr.slice(0, 60)}`, () => {
    const selectors = selectorsOf(expr);
    for (const { name, labels } of selectors) {
      const found = samples.filter(sample => sample.name === name);
      assert.ok(found.length > 0, `there is no metric ${name}`);
      for (const label of labels.filter(label => !ofScrape.includes(label)))
        assert.ok(
          found.some(sample => label in sample.labels),
          `${name} has no label ${label}`,
        );
    }
    for (const label of groupingsOf(expr).filter(label => !ofScrape.includes(label)))
      assert.ok(
        samples.some(({ name, labels }) => label in labels && selectors.some(s => s.name === name)),
        `nothing has the label ${label}`,
      );
  });
}
