import { hash } from "node:crypto";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { callerKey } from "../services/caller.ts";
import { refuse } from "../services/refusal.ts";
import { callInfoKey } from "./call-info.ts";
import type { GateStep } from "./gate.ts";

/** How often a caller may call. */
export interface RateLimitOptions {
  /** Calls a second, in the long run. */
  readonly perSecond: number;
  /** Calls at once. */
  readonly burst: number;
  /** Callers that are counted one by one; further ones share a thousand counts. Default: 100,000, about 50 MB. */
  readonly maxCallers?: number;
}

/** Counts calls. */
export interface RateLimit {
  /** Counts a call of the caller, or of its network where nobody signed in. Throws RESOURCE_EXHAUSTED above the limit. */
  consume(context: HandlerContext): Promise<void>;
}

/** Counts that callers share once there are too many. */
const sharedCounts = 1024;

/**
 * Creates a limit of `burst` calls in each window of `burst / perSecond` seconds, which a caller's first call opens: in the
 * long run `perSecond`, and never more than `burst` in a window.
 */
export function createRateLimit({ perSecond, burst, maxCallers = 100_000 }: RateLimitOptions): RateLimit {
  const duration = burst / perSecond;
  const limiter = new RateLimiterMemory({ keyPrefix: "", points: burst, duration });
  // Whoever was new in this window or the one before may still be held; nobody else is.
  let windowStart = performance.now();
  let fresh = 0;
  let freshBefore = 0;

  function turnWindow() {
    const passed = Math.floor((performance.now() - windowStart) / (duration * 1000));
    if (passed === 0) return;
    freshBefore = passed === 1 ? fresh : 0;
    fresh = 0;
    windowStart += passed * duration * 1000;
  }

  return {
    async consume({ values }) {
      turnWindow();
      let key = limitKeyOf(values);
      if (fresh + freshBefore >= maxCallers && (await limiter.get(key)) === null) key = sharedKey(key);
      try {
        if ((await limiter.consume(key)).isFirstInDuration) fresh++;
      } catch (rejected) {
        if (rejected instanceof Error) throw rejected;
        const { msBeforeNext } = rejected as RateLimiterRes;
        throw refuse({
          code: Code.ResourceExhausted,
          message: `more than ${burst} calls in ${Number(duration.toFixed(3))} s`,
          reason: "RATE_LIMIT_EXCEEDED",
          metadata: { limit: `${perSecond}/${burst}` },
          retryAfterMs: msBeforeNext,
        });
      }
    },
  };
}

/** Counts each call; refuses it above the limit. */
export function limitRate(limit: RateLimit): GateStep {
  return context => limit.consume(context);
}

/** What limits count a call by: the subject, or the network where nobody signed in. */
export function limitKeyOf(values: HandlerContext["values"]): string {
  const { anonymous, subject } = values.get(callerKey);
  return anonymous ? `network ${values.get(callInfoKey).network}` : `subject ${subject}`;
}

function sharedKey(key: string): string {
  return `shared ${hash("sha256", key, "buffer").readUInt32BE() % sharedCounts}`;
}
