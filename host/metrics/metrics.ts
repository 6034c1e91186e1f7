import { CallMetrics } from "./call-metrics.ts";
import { NodeMetrics } from "./node-metrics.ts";
import { type Family, type TextFormat, writeMetrics } from "./text.ts";

/** Tells some families as they are now. It is asked at each scrape, and should take well below a millisecond. */
export type Collector = () => readonly Family[] | Promise<readonly Family[]>;

/** All that a host counts. */
export class Metrics implements Disposable {
  /** The calls, a meter a method. */
  readonly calls = new CallMetrics();
  #node: NodeMetrics | undefined;
  readonly #collectors: Collector[] = [() => this.calls.families()];

  /** Begins to watch the process. */
  start(): void {
    if (this.#node !== undefined) return;
    const node = new NodeMetrics();
    this.#node = node;
    this.add(() => node.families());
  }

  /** Adds what somebody else counts, under names of its own. */
  add(collector: Collector): void {
    this.#collectors.push(collector);
  }

  /** Everything as it is now. Rejects with what a collector threw. */
  async collect(): Promise<Family[]> {
    return (await Promise.all(this.#collectors.map(collect => collect()))).flat();
  }

  /** The whole answer to a scrape. */
  async write(format: TextFormat): Promise<string> {
    return writeMetrics(await this.collect(), format);
  }

  /** Watches the process no more. */
  [Symbol.dispose](): void {
    this.#node?.[Symbol.dispose]();
  }
}
