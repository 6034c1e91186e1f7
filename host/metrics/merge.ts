import { Durations, type DurationsData } from "./durations.ts";
import type { Family, Labels } from "./text.ts";

/** A family as plain data, to be sent from process to process. */
export type FamilyData = Omit<Family, "values"> & {
  readonly values: readonly { readonly labels: Labels; readonly value: number | DurationsData }[];
};

/** What one of several processes has counted. */
export interface ProcessFamilies {
  /** Names the process among the others. */
  readonly worker: number;
  readonly families: readonly FamilyData[];
}

/** Makes plain data of families. */
export function toData(families: readonly Family[]): FamilyData[] {
  return families.map(family => ({
    ...family,
    values:
      family.type === "histogram"
        ? family.values.map(({ labels, durations }) => ({ labels, value: durations.data }))
        : family.values.map(({ labels = {}, value }) => ({ labels, value })),
  }));
}

/**
 * Adds up what several processes have counted: a number for each set of labels. What belongs to a process alone (`across:
 * "worker"`) is told of each, with the label `worker`; of `max` the largest counts.
 */
export function mergeFamilies(parts: readonly ProcessFamilies[]): Family[] {
  const merged = new Map<string, MergedFamily>();
  for (const { worker, families } of parts) {
    for (const family of families) {
      const known = merged.get(family.name) ?? new MergedFamily(family);
      merged.set(family.name, known);
      for (const { labels, value } of family.values)
        known.add(family.across === "worker" ? { ...labels, worker } : labels, value);
    }
  }
  return [...merged.values()].map(family => family.toFamily());
}

class MergedFamily {
  readonly #data: FamilyData;
  readonly #values = new Map<string, { readonly labels: Labels; value: number | Durations }>();

  constructor(data: FamilyData) {
    this.#data = data;
  }

  add(labels: Labels, value: number | DurationsData): void {
    const key = JSON.stringify(labels);
    const known = this.#values.get(key);
    if (typeof value === "number") {
      const before = known?.value as number | undefined;
      this.#values.set(key, { labels, value: before === undefined ? value : this.#join(before, value) });
    } else if (known) (known.value as Durations).add(Durations.of(value));
    else this.#values.set(key, { labels, value: Durations.of(value) });
  }

  #join(a: number, b: number): number {
    return this.#data.across === "max" ? Math.max(a, b) : a + b;
  }

  toFamily(): Family {
    const { name, help, type, across } = this.#data;
    const values = [...this.#values.values()];
    if (type === "histogram") {
      return {
        name,
        help,
        type,
        across,
        values: values.map(({ labels, value }) => ({ labels, durations: value as Durations })),
      };
    }
    return {
      name,
      help,
      type,
      across,
      values: values.map(({ labels, value }) => ({ labels, value: value as number })),
    };
  }
}
