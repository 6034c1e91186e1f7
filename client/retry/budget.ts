import type { RetryPolicy } from "./options.ts";

/** Bounds how much a client's repeats add to the load of a server that fails: gRPC's A6, "Throttling Retry Attempts". */
export interface RetryBudget {
  /** A call has succeeded. */
  succeeded(): void;
  /** An attempt has failed in a way that may be repeated. */
  failed(): void;
  /** Whether a call may be repeated now. */
  readonly allows: boolean;
}

/** Creates a full budget: all calls of a client share it. */
export function createBudget({ maxTokens, tokenRatio }: RetryPolicy): RetryBudget {
  let tokens = maxTokens;
  return {
    succeeded() {
      tokens = Math.min(tokens + tokenRatio, maxTokens);
    },
    failed() {
      tokens = Math.max(tokens - 1, 0);
    },
    get allows() {
      return tokens > maxTokens / 2;
    },
  };
}
