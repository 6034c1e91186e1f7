/** Upper bounds of unary calls' durations, in seconds: a call of this host takes a tenth of a millisecond. */
export const unaryBounds = Float64Array.of(
  ...[0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
);

/** Those of streams, which may last for as long as their connection: half an hour by default. */
export const streamBounds = Float64Array.of(
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600],
);

/** A duration that a trace shows. */
export interface Exemplar {
  /** As W3C's header names the trace and its span. */
  readonly traceparent: string;
  readonly seconds: number;
  /** When it was recorded, in milliseconds since 1970. */
  readonly time: number;
}

/** Durations as plain data, to be sent from process to process. */
export interface DurationsData {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  readonly sum: number;
  /** By bucket. */
  readonly exemplars: readonly (Exemplar | undefined)[];
}

/** How many durations fell between bounds. */
export class Durations {
  readonly bounds: Float64Array;
  /** One more than there are bounds: the last is of all that is above. Not cumulative. */
  readonly counts: Float64Array;
  /** How many there are, in all buckets. */
  count = 0;
  /** Seconds, of all together. */
  sum = 0;
  readonly #traces: string[] = [];
  readonly #traced: Float64Array;

  constructor(bounds: Float64Array) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.#traced = new Float64Array(2 * this.counts.length);
  }

  /** Makes durations of plain data. */
  static of({ bounds, counts, sum, exemplars }: DurationsData): Durations {
    const durations = new Durations(bounds);
    durations.counts.set(counts);
    durations.count = counts.reduce((sum, count) => sum + count, 0);
    durations.sum = sum;
    for (const [bucket, exemplar] of exemplars.entries()) if (exemplar) durations.#keep(bucket, exemplar);
    return durations;
  }

  get data(): DurationsData {
    const { bounds, counts, sum } = this;
    return { bounds, counts, sum, exemplars: Array.from(counts, (_, bucket) => this.exemplar(bucket)) };
  }

  /** Counts one; a `traceparent` of a sampled trace becomes its bucket's exemplar. */
  record(seconds: number, traceparent?: string): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.count++;
    this.sum += seconds;
    if (traceparent === undefined || !isSampled(traceparent)) return;
    this.#traces[bucket] = traceparent;
    this.#traced[2 * bucket] = seconds;
    this.#traced[2 * bucket + 1] = Date.now();
  }

  /** The last traced duration of a bucket. */
  exemplar(bucket: number): Exemplar | undefined {
    const traceparent = this.#traces[bucket];
    if (traceparent === undefined) return undefined;
    return { traceparent, seconds: this.#traced[2 * bucket] ?? 0, time: this.#traced[2 * bucket + 1] ?? 0 };
  }

  /** Adds what others of the same bounds have counted. */
  add(other: Durations): void {
    const { counts } = this;
    for (let bucket = 0; bucket < counts.length; bucket++) {
      counts[bucket] = (counts[bucket] as number) + (other.counts[bucket] as number);
      const isLater = (other.#traced[2 * bucket + 1] as number) >= (this.#traced[2 * bucket + 1] as number);
      const exemplar = isLater ? other.exemplar(bucket) : undefined;
      if (exemplar) this.#keep(bucket, exemplar);
    }
    this.count += other.count;
    this.sum += other.sum;
  }

  #keep(bucket: number, { traceparent, seconds, time }: Exemplar): void {
    this.#traces[bucket] = traceparent;
    this.#traced.set([seconds, time], 2 * bucket);
  }
}

/** By the last hex digit of version 00, which has no more than its 55 characters; what is malformed is found when it is shown. */
function isSampled(traceparent: string): boolean {
  return traceparent.length === 55 && (traceparent.charCodeAt(54) & 1) === 1;
}
