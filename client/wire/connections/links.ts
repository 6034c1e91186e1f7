import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { type ConnectionLimits, defaultLimits } from "../../connection/connection.ts";
import { reasonOf, reconnectPauses } from "../../connection/connections.ts";
import { pauseMs } from "../../retry/pause.ts";
import { asUnprocessed } from "../../retry/unprocessed.ts";
import { dial, type Target } from "./dial.ts";
import type { Link } from "./link.ts";
import { awaited, type LinkSource } from "./link-source.ts";

/**
 * The connections to one server: one for all calls, and another while that has as many as the server takes. One that is
 * lost is opened anew when the next call needs it, after a pause that grows while that fails; all calls that wait share one
 * attempt, and get its error.
 */
export class Links implements LinkSource {
  readonly #target: Target;
  readonly #limits: ConnectionLimits;
  readonly #closing = new AbortController();
  /** The oldest first; some of them may be over. */
  #links: Link[] = [];
  #connecting: Promise<void> | undefined;
  #failures = 0;

  /** Nothing is opened before the first call. */
  constructor(target: Target, limits = defaultLimits) {
    this.#target = target;
    this.#limits = limits;
  }

  take(): Link | undefined {
    for (const link of this.#links) if (link.hasRoom) return link;
    return undefined;
  }

  async ready(signal: AbortSignal): Promise<Link> {
    for (;;) {
      if (this.#closing.signal.aborted) throw closed();
      const link = this.take();
      if (link !== undefined) return link;
      await awaited(this.#attempt(), signal);
    }
  }

  /** Calls in flight. */
  get calls(): number {
    let calls = 0;
    for (const link of this.#links) calls += link.calls;
    return calls;
  }

  /** Takes no more calls; the connections end with the last of theirs. */
  leave(): void {
    this.#closing.abort();
    for (const link of this.#links) link.shutDown();
  }

  close(): void {
    this.#closing.abort();
    for (const link of this.#links) link.destroy();
  }

  /** The attempt that is under way, or a new one. It goes on by itself where nobody waits any longer. */
  #attempt(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    if (this.#failures > 0) {
      await delay(pauseMs(reconnectPauses, this.#failures), undefined, { ref: false, signal }).catch(() => {});
    }
    try {
      const link = await dial(this.#target, this.#limits, signal);
      // Sent away with the first word: another attempt would end in the same way.
      if (!link.hasRoom) throw new Error(link.whyOver ?? "the server takes no calls");
      this.#links = [...this.#links.filter(({ isOver }) => !isOver), link];
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) throw closed();
      this.#failures++;
      const { origin, path } = this.#target;
      const message = `cannot connect to ${path === undefined ? origin.origin : `unix:${path}`}: ${reasonOf(error)}`;
      throw asUnprocessed("unsent", new ConnectError(message, Code.Unavailable, undefined, undefined, error));
    }
  }
}

function closed(): ConnectError {
  return new ConnectError("the client is closed", Code.Canceled);
}
