import { parseTraceparent } from "../../protocol/traceparent.ts";
import type { Durations } from "./durations.ts";

/** How metrics are written: https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export type TextFormat = "prometheus" | "openmetrics";

/** The content type of each format. */
export const contentTypes: Readonly<Record<TextFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Labels and their values. */
export type Labels = Readonly<Record<string, string | number>>;

/** One number of a family. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** Durations of a family, in seconds. */
export interface DurationSample {
  readonly labels: Labels;
  readonly durations: Durations;
}

/** What all families have. A counter's name ends in `_total`. */
interface FamilyBase {
  readonly name: string;
  readonly help: string;
  /**
   * What several processes of one server come to together: their sum, the largest, or a number for each `worker`. Defaults to
   * `sum`.
   */
  readonly across?: "sum" | "max" | "worker" | undefined;
}

/** All that is told under one name. */
export type Family = FamilyBase &
  (
    | { readonly type: "counter" | "gauge"; readonly values: readonly Sample[] }
    | { readonly type: "histogram"; readonly values: readonly DurationSample[] }
  );

/** Writes families as a whole answer. Names and labels' names have to be valid; values may be any text. */
export function writeMetrics(families: Iterable<Family>, format: TextFormat): string {
  const lines: string[] = [];
  for (const family of families) writeFamily(lines, family, format);
  if (format === "openmetrics") lines.push("# EOF\n");
  return lines.join("");
}

function writeFamily(lines: string[], family: Family, format: TextFormat): void {
  const { name, help, type } = family;
  const isOpen = format === "openmetrics";
  const title = isOpen && type === "counter" ? name.replace(/_total$/, "") : name;
  lines.push(`# HELP ${title} ${escapeHelp(help)}\n# TYPE ${title} ${type}\n`);
  if (type !== "histogram") {
    for (const { labels, value } of family.values) lines.push(`${name}${braced(labels)} ${numberText(value)}\n`);
    return;
  }
  for (const { labels, durations } of family.values) writeDurations(lines, name, labels, durations, isOpen);
}

function writeDurations(lines: string[], name: string, labels: Labels, durations: Durations, isOpen: boolean): void {
  const own = labelText(labels);
  const { bounds, counts, sum } = durations;
  // Joined it is one piece of memory; a sum would stay a tree of its parts, to be walked for each line.
  const head = [name, "_bucket{", own, own && ","].join("");
  const les = boundTexts(bounds, isOpen);
  let text = "";
  let count = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    count += counts[bucket] as number;
    text += `${head}${les[bucket]}${count}${isOpen ? exemplarText(durations, bucket) : ""}\n`;
  }
  const braces = own && `{${own}}`;
  lines.push(`${text}${name}_sum${braces} ${numberText(sum)}\n${name}_count${braces} ${count}\n`);
}

/** How bounds are written in each format, to the end of their labels: they are few, and all methods share them. */
const known = { plain: new WeakMap<Float64Array, string[]>(), open: new WeakMap<Float64Array, string[]>() };

/** OpenMetrics writes whole bounds with a fraction ("1.0"), so that a bound is always the same text. */
function boundTexts(bounds: Float64Array, isOpen: boolean): string[] {
  const texts = known[isOpen ? "open" : "plain"];
  let written = texts.get(bounds);
  if (written === undefined) {
    const write = (bound: number) => (isOpen && Number.isInteger(bound) ? `${bound}.0` : numberText(bound));
    written = [...Array.from(bounds, write), "+Inf"].map(bound => `le="${bound}"} `);
    texts.set(bounds, written);
  }
  return written;
}

function exemplarText(durations: Durations, bucket: number): string {
  const exemplar = durations.exemplar(bucket);
  const trace = parseTraceparent(exemplar?.traceparent);
  if (exemplar === undefined || trace === undefined) return "";
  const { traceId, spanId } = trace;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(exemplar.seconds)} ${exemplar.time / 1000}`;
}

function braced(labels: Labels = {}): string {
  const text = labelText(labels);
  return text && `{${text}}`;
}

function labelText(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    const value = String(labels[name]);
    text += `${text && ","}${name}="${/[\\"\n]/.test(value) ? escapeLabel(value) : value}"`;
  }
  return text;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
