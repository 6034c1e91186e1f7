import type { Link } from "../connections/link.ts";
import type { Links } from "../connections/links.ts";
import { type HealthService, HealthWatch } from "./health-watch.ts";
import type { Standing } from "./outliers.ts";
import type { Candidate } from "./picker.ts";

/** One server of a fleet: its connections, its health, and how its calls have ended. */
export class Member implements Candidate<Link> {
  readonly standing: Standing;
  readonly #links: Links;
  readonly #health: HealthWatch | undefined;
  readonly #down: () => void;
  readonly #closing = new AbortController();
  #opening: Promise<void> | undefined;

  /** `down` is told when the server cannot be called, and has been, or should be. */
  constructor(links: Links, standing: Standing, health: HealthService | undefined, down: () => void) {
    this.#links = links;
    this.standing = standing;
    this.#health = health && new HealthWatch(health);
    this.#down = down;
  }

  get calls(): number {
    return this.#links.calls;
  }

  take(): Link | undefined {
    if (this.#health?.isServing !== false) {
      const link = this.#links.take();
      if (link !== undefined) return link;
    }
    // For the calls that follow.
    this.connect();
    return undefined;
  }

  /** Resolves once the server can be called; rejects where it cannot be connected to, or says that it does not serve. */
  ready(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Has the server be ready, whether or not anybody waits for it. */
  connect(): void {
    this.ready().catch(() => {});
  }

  async #open(): Promise<void> {
    try {
      const link = await this.#links.ready(this.#closing.signal);
      await this.#health?.serving(link);
    } catch (error) {
      this.#down();
      throw error;
    }
  }

  /** The server is called no more: what is in flight goes on to its end. */
  leave(): void {
    this.#health?.end();
    this.#links.leave();
  }

  /** Ends all connections and the calls on them. */
  close(): void {
    this.#closing.abort();
    this.#health?.end();
    this.#links.close();
  }
}
