import { Code, type HandlerContext } from "@connectrpc/connect";
import { refuse } from "../auth/refusal.ts";
import { type BucketOptions, createCallerBuckets } from "./caller-buckets.ts";

/** Bytes of decompressed messages that a caller may have, a second and at once. */
export type InflationLimitOptions = BucketOptions;

/** Counts what compressed messages come to: bytes that the server has to deal with, and the client never sent. */
export interface InflationLimit {
  /** Throws RESOURCE_EXHAUSTED where the caller has had more than it may, before a message is decompressed. */
  admit(context: Pick<HandlerContext, "values">): void;
  /** Counts what a message came to. */
  spend(context: Pick<HandlerContext, "values">, bytes: number): void;
}

/**
 * 32 MiB a second, and 128 MiB at once: honest callers send a tenth of what they compress, and no link of theirs is as fast.
 * It is about a third of one core.
 */
export const defaultInflation: InflationLimitOptions = { perSecond: 32 * 1024 * 1024, burst: 128 * 1024 * 1024 };

/**
 * Creates a limit by a token bucket for each caller. What a message comes to is known when it is decompressed: the last one may
 * go over, and the next has to wait until that is made up for.
 */
export function createInflationLimit(options: InflationLimitOptions = defaultInflation): InflationLimit {
  const { perSecond, burst } = options;
  const bucketOf = createCallerBuckets(options);
  return {
    admit(context) {
      const bucket = bucketOf(context);
      const retryAfterMs = bucket.getWaitTime(1);
      if (retryAfterMs === 0) return;
      throw refuse(context.values, {
        code: Code.ResourceExhausted,
        message: `compressed messages came to more than ${perSecond} bytes a second, with up to ${burst} at once`,
        reason: "INFLATION_LIMIT_EXCEEDED",
        metadata: { limit: `${perSecond}/${burst}` },
        retryAfterMs,
      });
    },
    spend(context, bytes) {
      bucketOf(context).content -= bytes;
    },
  };
}
