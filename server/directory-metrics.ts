import { Durations } from "../host/metrics/durations.ts";
import type { Collector } from "../host/metrics/metrics.ts";
import type { Family } from "../host/metrics/text.ts";
import type { Feed } from "./directory/feed/feed.ts";
import type { StoreHealth, UserStore } from "./store/user-store.ts";

/** Seconds: a commit is a write to the disk, an event is at its subscribers soon after it. */
const timeBounds = Float64Array.of(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10);

/** Writes of a batch: as many as came while the batch before was written. */
const batchBounds = Float64Array.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500);

const states: readonly StoreHealth["state"][] = ["ready", "read_only", "unreachable", "failed", "closed"];

/** What the directory counts: how the store writes, and who follows the feed. */
export class DirectoryMetrics {
  readonly #commits = new Durations(timeBounds);
  readonly #batches = new Durations(batchBounds);
  readonly #lags = new Durations(timeBounds);

  /** For the store's option of this name. */
  readonly onBatch = (writes: number, ms: number): void => {
    this.#batches.record(writes);
    this.#commits.record(ms / 1000);
  };

  /** For the feed's option of this name. */
  readonly onDelivered = (ms: number): void => {
    this.#lags.record(ms / 1000);
  };

  /** Tells them, with what the store and the feed are doing now. */
  collector(store: Pick<UserStore, "health">, feed: Pick<Feed, "subscribers" | "waiting">): Collector {
    return () => {
      const { messages, bytes } = feed.waiting;
      const { state } = store.health();
      return [
        histogram("concierge_store_batch_writes", "Writes that one transaction holds.", this.#batches),
        histogram("concierge_store_commit_seconds", "From a batch's begin to its being durable.", this.#commits),
        {
          name: "concierge_store_state",
          help: "1 for the state that the store is in: writes succeed where it is ready.",
          type: "gauge",
          across: "max",
          values: states.map(name => ({ labels: { state: name }, value: name === state ? 1 : 0 })),
        },
        gauge("concierge_feed_subscribers", "Subscriptions that are open.", feed.subscribers),
        gauge("concierge_feed_waiting_messages", "Messages that wait for their subscribers to read.", messages),
        gauge("concierge_feed_waiting_bytes", "About how many bytes those have.", bytes),
        histogram("concierge_feed_lag_seconds", "From a transaction to its being handed to subscribers.", this.#lags),
      ];
    };
  }
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: "gauge", values: [{ value }] };
}

function histogram(name: string, help: string, durations: Durations): Family {
  return { name, help, type: "histogram", values: [{ labels: {}, durations }] };
}
