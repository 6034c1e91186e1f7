/** A number of `/metrics`. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads Prometheus' text, as far as tests need it: labels without escapes, no time stamps, no exemplars. */
export function parseMetrics(text: string): MetricSample[] {
  return text
    .split("\n")
    .filter(line => line !== "" && !line.startsWith("#"))
    .map(line => {
      const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === "") throw new Error(`no sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", text = ""]) => [label, text]);
      return {
        name,
        labels: Object.fromEntries(pairs),
        value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value),
      };
    });
}

/** The samples of one name that are not 0, by the values of these labels, joined by a space. */
export function nonZero(samples: readonly MetricSample[], name: string, ...labels: string[]): Record<string, number> {
  const found = samples.filter(sample => sample.name === name && sample.value !== 0);
  return Object.fromEntries(
    found.map(sample => [labels.flatMap(label => sample.labels[label] ?? []).join(" "), sample.value]),
  );
}
