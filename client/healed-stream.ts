import { type CallOptions, Code, ConnectError, createContextValues } from "@connectrpc/connect";
import { pause, pauseMs } from "./retry/pause.ts";
import { pushbackOf } from "./retry/pushback.ts";
import { retriesKey } from "./retry/retry.ts";
import { either } from "./signals.ts";

/** How a stream is connected. */
export type StreamConnection<Failure = ConnectError> =
  | { readonly state: "connecting" }
  /** The first item has come. */
  | { readonly state: "live" }
  /** For that reason; tried again in so many milliseconds. */
  | { readonly state: "lost"; readonly error: Failure; readonly retryInMs: number };

/** How a stream ended. */
export interface StreamEnd {
  /** UNAVAILABLE for one that ended without an error. */
  readonly error: ConnectError;
  /** Whether it ended without an error. */
  readonly complete: boolean;
  /** Whether an item has come since it was opened. */
  readonly answered: boolean;
  /** Where the token came from that it was opened, or would go on, with; undefined where there is none. */
  readonly token: "stream" | "caller" | undefined;
}

/** What follows the end of a stream: it goes on by its token, begins anew, fails, or has come to its end. */
export type Verdict = "resume" | "restart" | "fail" | "end";

/** A stream that can be gone on with, and how. */
export interface HealedStreamOptions<Item, Token> {
  /** Goes on after the item that had it. Default: from the beginning, as `open` understands it. */
  readonly token?: Token | undefined;
  /** Opens the stream after a token, or from the beginning. Has to make its call with the options that it is given. */
  open(token: Token | undefined, call: CallOptions): AsyncIterable<Item>;
  /**
   * The token that goes on after an item. Undefined leaves the one before in force: the item may come again. Null says that
   * nothing goes on from here, as in the middle of a listing: a stream that is lost now begins anew.
   */
  tokenAfter(item: Item): Token | null | undefined;
  /** What follows an end. Default: {@link judgeEnd}. */
  judge?(end: StreamEnd): Verdict;
  /** The item that tells the reader to forget what came so far, as the stream begins anew. Default: it fails instead. */
  restart?(error: ConnectError): Item;
  /** Told how the stream is connected, whenever that changes. What it throws ends the stream. */
  onConnection?(connection: StreamConnection): void;
  /** Ends it without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** A server that is gone is not stormed, and found within a few seconds of its return. */
const RECONNECT = { initialMs: 500, maxMs: 15_000, multiplier: 2 };

/**
 * Codes after which the same would end the same way. All others pass: servers drain, connections are lost, and proxies
 * cut what is long.
 */
const permanent = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.Unimplemented,
  Code.OutOfRange,
  Code.FailedPrecondition,
  Code.DataLoss,
]);

/**
 * Judges an end by its code. A feed has no end, so that one without an error is gone on with; a token that is out of range or of another state of the server begins
 * the stream anew.
 */
export function judgeEnd({ error: { code }, answered, token }: StreamEnd): Verdict {
  // A token of access that ends in the middle is fetched anew; one that is refused at once was already.
  if (code === Code.Unauthenticated) return answered ? "resume" : "fail";
  if (token !== undefined && (code === Code.OutOfRange || code === Code.FailedPrecondition)) return "restart";
  return permanent.has(code) ? "fail" : "resume";
}

/**
 * Reads a stream of a server through lost connections, drains and restarts, by tokens that its items bring. Reads as fast as
 * its items are taken, and leaves no call behind. Ends by `break` or by its signal; throws the `ConnectError` of what does
 * not pass.
 */
export async function* healStream<Item, Token>(
  options: HealedStreamOptions<Item, Token>,
): AsyncGenerator<Item, void, undefined> {
  const { open, tokenAfter, judge = judgeEnd, restart, onConnection = () => {} } = options;
  const stop = options.signal ?? new AbortController().signal;
  let { token } = options;
  let origin: StreamEnd["token"] = token === undefined ? undefined : "caller";
  let failures = 0;

  while (!stop.aborted) {
    const ended = new AbortController();
    let answered = false;
    let complete = false;
    let resumable = true;
    let reason: unknown = new ConnectError("the stream ended", Code.Unavailable);
    if (failures === 0) onConnection({ state: "connecting" });
    try {
      const contextValues = createContextValues().set(retriesKey, false);
      const call = { signal: either(ended.signal, stop), timeoutMs: 0, contextValues };
      const items = open(token, call)[Symbol.asyncIterator]();
      // Only what the stream fails with can be mended, not what the reader throws.
      const next = () =>
        items.next().catch((error: unknown) => {
          reason = error;
        });
      for (;;) {
        const result = await next();
        complete = result?.done === true;
        if (!result || result.done) break;
        const item = result.value;
        if (!answered) onConnection({ state: "live" });
        answered = true;
        failures = 0;
        const after = tokenAfter(item);
        if (after === null) resumable = false;
        else if (after !== undefined) {
          resumable = true;
          token = after;
          origin = "stream";
        }
        yield item;
      }
    } finally {
      // By `break`, too: nothing else would end the call.
      ended.abort();
    }
    if (stop.aborted) return;

    const error = ConnectError.from(reason);
    const verdict = judge({ error, complete, answered, token: origin });
    if (verdict === "end") return;
    const again = verdict === "restart" || !resumable;
    const pushback = pushbackOf(error) ?? 0;
    if (verdict === "fail" || pushback === "never" || (again && restart === undefined)) throw error;
    // Without a token nothing can be wrong with it again.
    const retryInMs = verdict === "restart" ? 0 : pushback + pauseMs(RECONNECT, ++failures);
    onConnection({ state: "lost", error, retryInMs });
    if (again) {
      token = undefined;
      origin = undefined;
      yield restart?.(error) as Item;
    }
    await pause(retryInMs, { signal: stop, untilOnline: true });
  }
}
