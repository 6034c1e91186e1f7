import { CallMetrics } from "./call-metrics.ts";
import { mergeFamilies, type ProcessFamilies } from "./merge.ts";
import { NodeMetrics } from "./node-metrics.ts";
import { type Family, type TextFormat, writeMetrics } from "./text.ts";

/** Tells some families as they are now. It is asked at each scrape, and should take well below a millisecond. */
export type Collector = () => readonly Family[] | Promise<readonly Family[]>;

/** All that a host counts. */
export class Metrics implements Disposable {
  /** The calls, a meter a method. */
  readonly calls = new CallMetrics();
  #gather: (() => Promise<readonly ProcessFamilies[]>) | undefined;
  #node: NodeMetrics | undefined;
  readonly #collectors: Collector[] = [() => this.calls.families()];

  /** `version` is the package's. */
  constructor(version: string) {
    const help = "The version of this package.";
    const values = [{ labels: { version }, value: 1 }];
    this.add(() => [{ name: "concierge_build_info", help, type: "gauge", across: "max", values }]);
  }

  /** Begins to watch the process. */
  start(): void {
    if (this.#node !== undefined) return;
    const node = new NodeMetrics();
    this.#node = node;
    this.add(async () => (await node.families()).map(family => ({ ...family, across: "worker" })));
  }

  /** Adds what somebody else counts, under names of its own. */
  add(collector: Collector): void {
    this.#collectors.push(collector);
  }

  /** Everything as it is now. Rejects with what a collector threw. */
  async collect(): Promise<Family[]> {
    return (await Promise.all(this.#collectors.map(collect => collect()))).flat();
  }

  /** Tells what all processes of one server have counted, in the place of this one's: `gather` asks each of them. */
  gatherBy(gather: () => Promise<readonly ProcessFamilies[]>): void {
    this.#gather = gather;
  }

  /** The whole answer to a scrape. */
  async write(format: TextFormat): Promise<string> {
    const families = this.#gather ? mergeFamilies(await this.#gather()) : await this.collect();
    return writeMetrics(families, format);
  }

  /** Watches the process no more. */
  [Symbol.dispose](): void {
    this.#node?.[Symbol.dispose]();
  }
}
