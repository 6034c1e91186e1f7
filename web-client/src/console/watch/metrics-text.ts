/** A series' value, as it was read. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by the name of their metric, `_bucket`, `_sum` and `_count` of a histogram each by itself. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** `name{label="value",…} 1.5`, with a time or an exemplar behind it or without. */
const line = /^([A-Za-z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? +([^ ]+)/;
const label = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/), of which metrics with these names
 * alone are kept. Lines that are none are left out: what can be read is still worth to be shown.
 */
export function parseMetrics(text: string, names: ReadonlySet<string>): Samples {
  const samples = new Map<string, Sample[]>();
  for (const row of text.split("\n")) {
    const nameEnd = row.search(/[{ ]/);
    if (!names.has(row.slice(0, nameEnd))) continue;
    const [, name, labels = "", value = ""] = line.exec(row) ?? [];
    if (name === undefined) continue;
    const list = samples.get(name) ?? [];
    samples.set(name, list);
    list.push({ labels: readLabels(labels), value: readValue(value) });
  }
  return samples;
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(label), ([, name, value = ""]) => [name, value.replace(/\\(n|.)/g, unescaped)]),
  );
}

function unescaped(_all: string, char: string): string {
  return char === "n" ? "\n" : char;
}

function readValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

/** The sum of a metric's series that have these labels; 0 where there are none. */
export function sumOf(samples: Samples, name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const sample of samples.get(name) ?? []) {
    if (Object.entries(labels).every(([key, value]) => sample.labels[key] === value)) sum += sample.value;
  }
  return sum;
}
