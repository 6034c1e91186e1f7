import { Code, type HandlerContext } from "@connectrpc/connect";
import { refuse } from "../auth/refusal.ts";
import { type BucketOptions, createCallerBuckets } from "./caller-buckets.ts";
import type { GateStep } from "./gate.ts";

/** How often a caller may call: calls a second, and at once. */
export type RateLimitOptions = BucketOptions;

/** Counts calls. */
export interface RateLimit {
  /** Counts a call of the caller, or of its network where nobody signed in. Throws RESOURCE_EXHAUSTED above the limit. */
  consume(context: Pick<HandlerContext, "values">): void;
}

/**
 * Creates a limit by a token bucket for each caller. A refused call takes nothing, so a retry after the delay it was told is
 * let through, unless the same caller has made others meanwhile.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { perSecond, burst } = options;
  const bucketOf = createCallerBuckets(options);
  return {
    consume(context) {
      const bucket = bucketOf(context);
      if (bucket.tryRemoveTokens(1)) return;
      throw refuse(context.values, {
        code: Code.ResourceExhausted,
        message: `more than ${perSecond} calls a second, with up to ${burst} at once`,
        reason: "RATE_LIMIT_EXCEEDED",
        metadata: { limit: `${perSecond}/${burst}` },
        retryAfterMs: bucket.getWaitTime(1),
      });
    },
  };
}

/** Counts each call; refuses it above the limit. */
export function limitRate(limit: RateLimit): GateStep {
  return context => limit.consume(context);
}
