import { Code } from "@connectrpc/connect";
import { refuseUnknown } from "../refuse-unknown.ts";

/** When calls are tried again: gRPC's A6, https://github.com/grpc/proposal/blob/master/A6-client-retries.md */
export interface RetryOptions {
  /** Attempts of a call, the first one included: 1 to 5. Default: 5. */
  readonly maxAttempts?: number;
  /** The longest pause before the second attempt, in milliseconds. Default: 100. */
  readonly initialBackoffMs?: number;
  /** The longest pause before any attempt, in milliseconds. Default: 2,000. */
  readonly maxBackoffMs?: number;
  /** What the longest pause grows by from attempt to attempt: 1 or more. Default: 2. */
  readonly backoffMultiplier?: number;
  /** Codes after which a call that is safe to repeat is repeated without the server's invitation. Default: UNAVAILABLE. */
  readonly retryableCodes?: readonly Code[];
  /** The retry budget's size: 1 to 1,000. A failure takes 1; no call is repeated while it is half empty. Default: 100. */
  readonly maxTokens?: number;
  /** What a success puts back: above 0. Default: 0.1, so that in the long run a tenth of all calls may be repeats. */
  readonly tokenRatio?: number;
  /**
   * Whether a call for which no connection can be had waits for one until its deadline, as gRPC's "wait for ready" does;
   * else it has `maxAttempts`, too. Default: false.
   */
  readonly waitForReady?: boolean;
}

/** {@link RetryOptions} with their defaults. */
export type RetryPolicy = Required<RetryOptions>;

/** Checks the options and fills in the defaults. Throws a `TypeError` or `RangeError` that names the option. */
export function toRetryPolicy({
  maxAttempts = 5,
  initialBackoffMs = 100,
  maxBackoffMs = 2_000,
  backoffMultiplier = 2,
  retryableCodes = [Code.Unavailable],
  maxTokens = 100,
  tokenRatio = 0.1,
  waitForReady = false,
  ...rest
}: RetryOptions): RetryPolicy {
  refuseUnknown(rest, "retry.");
  check(
    "maxAttempts",
    maxAttempts,
    Number.isInteger(maxAttempts) && within(maxAttempts, 1, 5),
    "a whole number, 1 to 5",
  );
  check("initialBackoffMs", initialBackoffMs, within(initialBackoffMs, 1, 60_000), "from 1 to 60000");
  check("maxBackoffMs", maxBackoffMs, within(maxBackoffMs, initialBackoffMs, 600_000), "initialBackoffMs to 600000");
  check("backoffMultiplier", backoffMultiplier, within(backoffMultiplier, 1, 100), "from 1 to 100");
  check("maxTokens", maxTokens, within(maxTokens, 1, 1000), "from 1 to 1000");
  check("tokenRatio", tokenRatio, tokenRatio > 0 && tokenRatio <= maxTokens, "above 0 and at most maxTokens");
  for (const code of retryableCodes) check("retryableCodes", code, code in Code, "a status code");
  return {
    maxAttempts,
    initialBackoffMs,
    maxBackoffMs,
    backoffMultiplier,
    retryableCodes,
    maxTokens,
    tokenRatio,
    waitForReady,
  };
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

function check(name: string, value: number, good: boolean, allowed: string): void {
  if (!good) throw new RangeError(`retry.${name} "${value}" is not ${allowed}`);
}
