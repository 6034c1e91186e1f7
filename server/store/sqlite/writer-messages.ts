import type { NewUser } from "../records.ts";
import type { RetentionLimits, StoreHealth } from "../user-store.ts";
import type { Write } from "../writes.ts";
import type { WriteOutcome } from "./group-commit.ts";

/** What the writer's thread is started with. */
export interface WriterData {
  readonly file: string;
  /** How long to wait between two attempts to write again, in milliseconds. */
  readonly probeIntervalMs: number;
}

/** What the writer is told. A ticket is the number that its answer comes back with. */
export type ToWriter =
  | { readonly kind: "writes"; readonly tickets: readonly number[]; readonly writes: readonly Write[] }
  /** Users of a `create` that is sent in parts; the `create` itself follows, with the last of them. */
  | { readonly kind: "users"; readonly ticket: number; readonly users: readonly NewUser[] }
  /** Nobody waits for these any more: what has come of them in parts may go. */
  | { readonly kind: "forget"; readonly tickets: readonly number[] }
  | { readonly kind: "trim"; readonly ticket: number; readonly limits: RetentionLimits; readonly now: number }
  | { readonly kind: "close" };

/** What the writer tells. */
export type FromWriter =
  | { readonly kind: "ready" }
  | {
      readonly kind: "outcomes";
      readonly tickets: readonly number[];
      readonly outcomes: readonly WriteOutcome[];
      /** Milliseconds that they took together. */
      readonly ms: number;
    }
  /** These writes were rolled back. */
  | { readonly kind: "unavailable"; readonly tickets: readonly number[] }
  | { readonly kind: "trimmed"; readonly ticket: number; readonly events: number; readonly requests: number }
  | { readonly kind: "health"; readonly health: StoreHealth }
  /** Others that write through the same writer have committed something. */
  | { readonly kind: "committed" }
  /** The last message: its connection is closed, or it was let go of. */
  | { readonly kind: "closed" };
