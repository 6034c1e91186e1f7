import type { ChartResult, Result } from "../result.ts";
import type { Metric } from "../scenario.ts";
import { type Summary, summarize } from "../statistics.ts";
import { formatNumber } from "./format.ts";

const WIDTH = 760;
/** Where bars begin, and the pixels the longest may have: names stand before them, numbers behind. */
const LEFT = 200;
const BAR = 470;
const ROW = 22;

/** Our own bars stand out from the peers'. */
const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .quiet { fill: #59636e; }
  .own { fill: #1f6feb; }
  .peer { fill: #afb8c1; }
  .whisker { stroke: #1f2328; stroke-width: 1.2; }
  .paper { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .own { fill: #4493f8; }
    .peer { fill: #4b535d; }
    .whisker { stroke: #e6edf3; }
    .paper { fill: #0d1117; }
  }`;

/** Escapes text for XML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, sign => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign);
}

/** Draws a scenario's pictured charts: a bar for each median, whiskers from the least to the greatest round. */
export function drawResult({ name, compares, charts, rounds }: Result): string {
  const parts: string[] = [];
  let y = 24;
  for (const chart of charts.filter(({ pictured }) => pictured)) {
    for (const metric of chart.metrics) {
      parts.push(...drawMetric(chart, metric, y));
      y += 18 + chart.contenders.length * ROW + 20;
    }
  }
  parts.push(text(16, y - 4, `medians of ${rounds} rounds; the lines reach from the least to the greatest`, "quiet"));
  const height = y + 10;
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title">
<title id="title">${escapeXml(`${name}: ${compares}`)}</title>
<style>${style}
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
${parts.join("\n")}
</svg>
`;
}

function drawMetric({ title, contenders }: ChartResult, { key, label, better }: Metric, top: number): string[] {
  const bars = contenders.map(each => ({ name: each.name, summary: summarize(each.values[key] ?? []) }));
  const greatest = Math.max(...bars.map(({ summary }) => summary.max).filter(Number.isFinite), Number.MIN_VALUE);
  const head = `<text x="16" y="${top}"><tspan class="title">${escapeXml(title)}</tspan> <tspan class="quiet">${escapeXml(
    `${label}, ${better} is better`,
  )}</tspan></text>`;
  const rows = bars.flatMap(({ name, summary }, index) =>
    Number.isFinite(summary.median) ? drawBar(name, summary, BAR / greatest, top + 10 + index * ROW) : [],
  );
  return [head, ...rows];
}

function drawBar(name: string, { median, min, max }: Summary, scale: number, y: number): string[] {
  const at = (value: number) => (LEFT + value * scale).toFixed(1);
  const middle = y + 8;
  const kind = name.startsWith("Concierge") ? "own" : "peer";
  return [
    text(LEFT - 8, y + 12, name, "", "end"),
    `<rect class="${kind}" x="${LEFT}" y="${y}" width="${(median * scale).toFixed(1)}" height="16" rx="2"/>`,
    `<path class="whisker" d="M${at(min)} ${middle}H${at(max)}M${at(min)} ${middle - 4}v8M${at(max)} ${middle - 4}v8"/>`,
    text(Number(at(max)) + 8, y + 12, formatNumber(median)),
  ];
}

function text(x: number, y: number, content: string, kind = "", anchor = ""): string {
  const attributes = `${kind && ` class="${kind}"`}${anchor && ` text-anchor="${anchor}"`}`;
  return `<text x="${x}" y="${y}"${attributes}>${escapeXml(content)}</text>`;
}
