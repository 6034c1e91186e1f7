import { hash } from "node:crypto";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { TokenBucket } from "limiter";
import { refuse } from "../auth/refusal.ts";
import { callerOf } from "./call-info.ts";
import type { GateStep } from "./gate.ts";

/** How often a caller may call. */
export interface RateLimitOptions {
  /** Calls a second, in the long run. */
  readonly perSecond: number;
  /** Calls at once, after a time of quiet. */
  readonly burst: number;
  /** Callers that are counted one by one; further ones share a thousand counts. Default: 100,000, about 25 MB. */
  readonly maxCallers?: number;
}

/** Counts calls. */
export interface RateLimit {
  /** Counts a call of the caller, or of its network where nobody signed in. Throws RESOURCE_EXHAUSTED above the limit. */
  consume(context: Pick<HandlerContext, "values">): void;
}

/** Counts that callers share once there are too many. */
const sharedCounts = 1024;

/**
 * Creates a limit by a token bucket for each caller: it holds `burst` calls, is full at first, and is filled up again by
 * `perSecond` a second. A refused call takes nothing, so a retry after the delay it was told is let through, unless the
 * same caller has made others meanwhile.
 */
export function createRateLimit({ perSecond, burst, maxCallers = 100_000 }: RateLimitOptions): RateLimit {
  /** Until an empty bucket is full again. Who has not called for so long needs no bucket: a new one is as full. */
  const fillMs = (burst / perSecond) * 1000;
  let recent = new Map<string, TokenBucket>();
  let before = new Map<string, TokenBucket>();
  let turnedAt = performance.now();
  const shared: TokenBucket[] = [];

  function createBucket(): TokenBucket {
    const bucket = new TokenBucket({ bucketSize: burst, tokensPerInterval: perSecond, interval: 1000 });
    bucket.content = burst;
    return bucket;
  }
  function forgetQuiet() {
    const now = performance.now();
    if (now - turnedAt < fillMs) return;
    before = now - turnedAt < 2 * fillMs ? recent : new Map();
    recent = new Map();
    turnedAt = now;
  }
  function bucketOf(key: string): TokenBucket {
    let bucket = recent.get(key);
    if (bucket) return bucket;
    bucket = before.get(key);
    if (bucket === undefined && recent.size + before.size >= maxCallers) return sharedBucketOf(key);
    before.delete(key);
    bucket ??= createBucket();
    recent.set(key, bucket);
    return bucket;
  }
  function sharedBucketOf(key: string): TokenBucket {
    const index = hash("sha256", key, "buffer").readUInt32BE() % sharedCounts;
    shared[index] ??= createBucket();
    return shared[index];
  }

  return {
    consume(context) {
      forgetQuiet();
      const bucket = bucketOf(callerOf(context));
      if (bucket.tryRemoveTokens(1)) return;
      throw refuse({
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
