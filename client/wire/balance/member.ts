import type { Link } from "../connections/link.ts";
import type { Links } from "../connections/links.ts";
import { type HealthService, HealthWatch } from "./health-watch.ts";
import type { Standing } from "./outliers.ts";
import type { Candidate } from "./picker.ts";

/** Is told why a server cannot be called, each time that this was tried, and whether that is another reason than before. */
export type Down = (error: Error, isNews: boolean) => void;

/** One server of a fleet: its connections, its health, and how its calls have ended. */
export class Member implements Candidate<Link> {
  readonly standing: Standing;
  readonly #links: Links;
  readonly #health: HealthWatch | undefined;
  readonly #down: Down;
  readonly #closing = new AbortController();
  #opening: Promise<void> | undefined;
  /** Why the server could not be called, when that was last tried. */
  #reason: string | undefined;

  constructor(links: Links, standing: Standing, health: HealthService | undefined, down: Down) {
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
      this.#reason = undefined;
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#tell(error as Error);
      throw error;
    }
  }

  #tell(error: Error): void {
    const isNews = error.message !== this.#reason;
    this.#reason = error.message;
    this.#down(error, isNews);
  }

  /** The server is called no more: what is in flight goes on to its end. */
  leave(): void {
    this.#closing.abort();
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
