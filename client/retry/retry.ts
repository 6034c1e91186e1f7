import { Code, ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { deadlineOf, setTimeLeft } from "../deadline.ts";
import { isSafeToRepeat } from "../request-id.ts";
import { repeatable } from "./attempt.ts";
import { type RetryOptions, type RetryPolicy, toRetryPolicy } from "./options.ts";
import { pause, pauseMs } from "./pause.ts";
import { pushbackOf } from "./pushback.ts";
import { howUnprocessed } from "./unprocessed.ts";

/** Whether a call may be tried again at all; false for one whose caller sees to that. Default: true. */
export const retriesKey = createContextKey(true, { description: "whether a call may be tried again" });

/** How often a call has failed, as far as that bears on the next attempt. */
interface Failures {
  /** Attempts that count towards the longest series of them, and that the server is told of. */
  counted: number;
  /** Failures in a row without a word of the server on when to come back. */
  inRow: number;
  /** Attempts that the server has refused unseen, of which the first is repeated at once. */
  refused: number;
}

/**
 * Tries calls again that failed for a reason that passes, after gRPC's A6. Repeated is only what cannot happen twice: calls
 * that no service has seen, and methods whose contract says that it is safe. All attempts and
 * pauses are within the call's deadline, and each attempt tells the server the time that is left. A stream is repeated until
 * its first message.
 *
 * No retry library is used: of p-retry and cockatiel, which are well kept, the loop with a pause is all that fits. Neither
 * knows a budget, pushback, or a pause that depends on the error, which is most of what is here.
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const policy = toRetryPolicy(options);
  const budget = createBudget(policy);
  const backoff = {
    initialMs: policy.initialBackoffMs,
    maxMs: policy.maxBackoffMs,
    multiplier: policy.backoffMultiplier,
  };

  /** Whether a call waits for a connection as long as it may. */
  function waitsForReady(error: ConnectError): boolean {
    return policy.waitForReady && howUnprocessed(error) === "unsent";
  }

  /** How long to wait before the next attempt; undefined where there shall be none. */
  function pauseAfter(error: ConnectError, safe: boolean, failures: Failures): number | undefined {
    const unprocessed = howUnprocessed(error);
    if (unprocessed === "refused" && failures.refused++ === 0) return 0;
    if (waitsForReady(error)) return pauseMs(backoff, ++failures.inRow);
    const pushback = pushbackOf(error);
    const invited = error.code === Code.ResourceExhausted && typeof pushback === "number";
    if (!invited && !policy.retryableCodes.includes(error.code) && pushback !== "never") return undefined;
    budget.failed();
    const repeats = safe || unprocessed !== undefined;
    if (!repeats || !budget.allows || pushback === "never" || ++failures.counted >= policy.maxAttempts)
      return undefined;
    if (pushback === undefined) return pauseMs(backoff, ++failures.inRow);
    failures.inRow = 0;
    return pushback;
  }

  return next => async request => {
    if (!request.contextValues.get(retriesKey)) return next(request);
    const deadline = deadlineOf(request.header);
    const safe = isSafeToRepeat(request.method);
    const failures: Failures = { counted: 0, inRow: 0, refused: 0 };
    const call = repeatable(next, request);
    let last: ConnectError | undefined;
    for (let { header } = request; ; header = headerOfRepeat(request.header, failures.counted, deadline)) {
      try {
        const response = await call.attempt(header);
        budget.succeeded();
        return response;
      } catch (reason) {
        const error = ConnectError.from(reason);
        if (request.signal.aborted) throw explained(error, last);
        if (!call.repeatable) throw error;
        last = error;
        const waitMs = pauseAfter(error, safe, failures);
        if (waitMs === undefined) throw error;
        // The next attempt would come too late: the caller gets the reason now.
        if (performance.now() + waitMs >= deadline && !waitsForReady(error)) throw error;
        await pause(waitMs, { signal: request.signal });
        if (request.signal.aborted) throw explained(request.signal.reason, last);
      }
    }
  };
}

/** Has the error of a call that ran out of time tell by its cause what the call was repeated for. */
function explained(reason: unknown, last: ConnectError | undefined): ConnectError {
  const error = ConnectError.from(reason, Code.Canceled);
  if (error.code === Code.DeadlineExceeded && !error.isWireError) error.cause ??= last;
  return error;
}

/** The headers of another attempt. Those that no service has seen are not told of: a service could not make sense of them. */
function headerOfRepeat(first: Headers, counted: number, deadline: number): Headers {
  const header = new Headers(first);
  if (counted > 0) header.set("grpc-previous-rpc-attempts", String(counted));
  setTimeLeft(header, deadline);
  return header;
}

/** Bounds how much a client's repeats add to the load of a server that fails: gRPC's A6, "Throttling Retry Attempts". */
interface RetryBudget {
  /** A call has succeeded. */
  succeeded(): void;
  /** An attempt has failed in a way that may be repeated. */
  failed(): void;
  /** Whether a call may be repeated now. */
  readonly allows: boolean;
}

/** Creates a full budget: all calls of a client share it. */
function createBudget({ maxTokens, tokenRatio }: RetryPolicy): RetryBudget {
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
