import { setTimeout } from "node:timers/promises";
import { percentile } from "../statistics.ts";
import { EventWriter } from "./event-writer.ts";
import type { JobResult } from "./job.ts";
import { Watchers } from "./watchers.ts";

/** What the process with the watchers is asked to do, one after the other. */
export type FeedCommand =
  /** Opens the connections that so many watchers need, and one to write. */
  | { readonly kind: "connect"; readonly watchers: number }
  /** Has so many more watch on them, from now on or from where the first watcher of all began. */
  | { readonly kind: "watch" | "resume"; readonly watchers: number }
  /** Breaks all connections off at once. */
  | { readonly kind: "disconnect" }
  /** Writes so many events while nobody watches. */
  | { readonly kind: "write"; readonly events: number }
  /** Waits until each watcher has got so many events since it began. */
  | { readonly kind: "await"; readonly events: number }
  /** Writes as fast as it is acknowledged. Answers `rate`: deliveries a second, `changes` a second, `deliveries` in all. */
  | { readonly kind: "flood"; readonly inFlight: number; readonly seconds: number }
  /** Writes at a rate. Answers `p50`, `p99` and `max`: milliseconds from when a change was due to a watcher. */
  | { readonly kind: "pace"; readonly rate: number; readonly seconds: number };

/** Milliseconds between two looks at how far the watchers are. */
const LOOK_MS = 1;

/** Many watchers in one process, and one who writes what they are told of. */
export class FeedLoad {
  readonly #port: number;
  readonly #watchers: Watchers;
  #writer: EventWriter | undefined;
  /** Deliveries before the watchers began. */
  #before = 0;

  constructor(port: number) {
    this.#port = port;
    this.#watchers = new Watchers(port);
  }

  /** Does a command. Throws where a watcher lost its stream. */
  async run(command: FeedCommand): Promise<JobResult> {
    const result = await this.#do(command);
    if (this.#watchers.lost > 0) throw new Error(`${this.#watchers.lost} watchers lost their streams`);
    return result;
  }

  async #do(command: FeedCommand): Promise<JobResult> {
    switch (command.kind) {
      case "connect":
        this.#writer ??= await EventWriter.open(this.#port);
        await this.#watchers.connect(command.watchers);
        return {};
      case "watch":
      case "resume":
        this.#before = this.#watchers.delivered;
        await this.#watchers.watch(command.watchers, command.kind === "resume");
        return {};
      case "disconnect":
        await this.#watchers.disconnect();
        return {};
      case "write":
        await this.#write(command.events);
        return {};
      case "await":
        await this.#delivered(this.#before + this.#watchers.count * command.events);
        return {};
      case "flood":
        return this.#flood(command.inFlight, command.seconds);
      case "pace":
        return this.#pace(command.rate, command.seconds);
    }
  }

  async #write(events: number): Promise<void> {
    const writer = this.#connectedWriter();
    for (let number = 0; number < events; number++) await writer.report(number);
  }

  async #flood(inFlight: number, seconds: number): Promise<JobResult> {
    const writer = this.#connectedWriter();
    const watchers = this.#watchers;
    const before = watchers.delivered;
    const warm = performance.now() + (seconds * 1000) / 3;
    const end = warm + seconds * 1000;
    let changes = 0;
    async function slot() {
      while (performance.now() < end) {
        await writer.report(0);
        changes += 1;
      }
    }
    const slots = Promise.all(Array.from({ length: inFlight }, slot));
    await setTimeout(warm - performance.now());
    const [from, since] = [watchers.delivered, performance.now()];
    await slots;
    // Each watcher gets every event that was acknowledged, and nothing else.
    await this.#delivered(before + changes * watchers.count);
    const rate = (1000 * (watchers.delivered - from)) / (performance.now() - since);
    return { rate, changes: rate / watchers.count, deliveries: changes * watchers.count };
  }

  async #pace(rate: number, seconds: number): Promise<JobResult> {
    const writer = this.#connectedWriter();
    const watchers = this.#watchers;
    const before = watchers.delivered;
    const events = rate * seconds;
    const delays = new Float64Array(events * watchers.count);
    let received = 0;
    watchers.onEvent = due => {
      delays[received++] = performance.now() - due;
    };
    const begin = performance.now();
    const calls: Promise<void>[] = [];
    for (let i = 0; i < events; i++) {
      const due = begin + (i * 1000) / rate;
      const wait = due - performance.now();
      if (wait > 0) await setTimeout(wait);
      // A call that had to wait is late from when it was due.
      calls.push(writer.report(due));
    }
    await Promise.all(calls);
    await this.#delivered(before + delays.length);
    watchers.onEvent = () => {};
    delays.sort();
    return {
      p50: percentile(delays, 0.5),
      p99: percentile(delays, 0.99),
      max: percentile(delays, 1),
      deliveries: delays.length,
    };
  }

  /** Resolves when the watchers have so many events in all; throws where they have more. */
  async #delivered(count: number): Promise<void> {
    while (this.#watchers.delivered < count && this.#watchers.lost === 0) await setTimeout(LOOK_MS);
    if (this.#watchers.delivered > count) throw new Error(`${this.#watchers.delivered} deliveries, ${count} expected`);
  }

  #connectedWriter(): EventWriter {
    if (this.#writer === undefined) throw new Error("connect first");
    return this.#writer;
  }
}
