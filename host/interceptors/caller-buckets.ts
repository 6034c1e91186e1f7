import { hash } from "node:crypto";
import type { HandlerContext } from "@connectrpc/connect";
import { TokenBucket } from "limiter";
import { callerOf } from "./call-info.ts";

/** How much a caller may take. */
export interface BucketOptions {
  /** A second, in the long run. */
  readonly perSecond: number;
  /** At once, after a time of quiet. */
  readonly burst: number;
  /** Callers that are counted one by one; further ones share a thousand counts. Default: 100,000, about 25 MB. */
  readonly maxCallers?: number;
}

/** Finds the bucket of the caller, or of its network where nobody signed in. */
export type CallerBuckets = (context: Pick<HandlerContext, "values">) => TokenBucket;

/** Counts that callers share once there are too many. */
const sharedCounts = 1024;

/** Creates a token bucket for each caller: it holds `burst`, is full at first, and is filled up again by `perSecond` a second. */
export function createCallerBuckets({ perSecond, burst, maxCallers = 100_000 }: BucketOptions): CallerBuckets {
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
  function sharedBucketOf(key: string): TokenBucket {
    const index = hash("sha256", key, "buffer").readUInt32BE() % sharedCounts;
    shared[index] ??= createBucket();
    return shared[index];
  }

  return context => {
    forgetQuiet();
    const key = callerOf(context);
    let bucket = recent.get(key);
    if (bucket) return bucket;
    bucket = before.get(key);
    if (bucket === undefined && recent.size + before.size >= maxCallers) return sharedBucketOf(key);
    before.delete(key);
    bucket ??= createBucket();
    recent.set(key, bucket);
    return bucket;
  };
}
