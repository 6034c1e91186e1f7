import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createContextValues } from "@connectrpc/connect";
import {
  type DirectoryService,
  type SelectorSchema,
  Start,
  type SubscribeRequestSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { either } from "../closing.ts";
import { conciergeError } from "../errors.ts";
import { pauseMs } from "../retry/backoff.ts";
import { pause } from "../retry/pause.ts";
import { pushbackOf } from "../retry/pushback.ts";
import { retriesKey } from "../retry/retry.ts";
import { judge } from "./ending.ts";
import type { WatchConnection, WatchItem } from "./item.ts";
import { toItems } from "./to-items.ts";

/** What to watch, and from where. */
export interface WatchOptions {
  /** Which events. Default: all. */
  readonly selector?: MessageInitShape<typeof SelectorSchema>;
  /** Where to begin. Default: with the next event, or after `resumeToken` where one is given. */
  readonly start?: Start;
  /** Goes on after the item that had it; only with `Start.AFTER` or no `start`. */
  readonly resumeToken?: string;
  /** Told how the connection is, whenever that changes. */
  readonly onConnection?: (connection: WatchConnection) => void;
}

/** What ends a watch. */
export interface WatchCall {
  /** Ends it without an error. */
  readonly signal?: AbortSignal;
}

/** A server that is gone is not stormed, and found within a few seconds of its return. */
const RECONNECT = { initialMs: 500, maxMs: 15_000, multiplier: 2 };

/**
 * Follows the feed of the directory through lost connections, drains and restarts: every transaction comes once and whole,
 * in order, none missing. Where the server cannot go on from the last one, an item `relist` says so, and the users follow
 * as a snapshot. Reads as fast as its items are taken. Ends by `break` or once `stop` aborts; throws the `ConnectError` of
 * what does not pass: PERMISSION_DENIED, INVALID_ARGUMENT, UNIMPLEMENTED, UNAUTHENTICATED with a fresh token; and what
 * `onConnection` throws.
 */
export async function* watch(
  directory: Client<typeof DirectoryService>,
  options: WatchOptions,
  stop: AbortSignal,
): AsyncGenerator<WatchItem, void, undefined> {
  const { selector = { kind: { case: "all", value: true } }, onConnection = () => {} } = options;
  let from: { start?: Start; resumeToken?: string } = { start: options.start, resumeToken: options.resumeToken };
  let token: "server" | "caller" | undefined = options.resumeToken ? "caller" : undefined;
  let failures = 0;

  while (!stop.aborted) {
    const ended = new AbortController();
    let answered = false;
    // Users that came before `synced` cannot be gone on with.
    let listing = false;
    let reason: unknown = new ConnectError("the feed ended", Code.Unavailable);
    if (failures === 0) onConnection({ state: "connecting" });
    try {
      const request: MessageInitShape<typeof SubscribeRequestSchema> = { selector, ...from };
      const contextValues = createContextValues().set(retriesKey, false);
      const signal = either(ended.signal, stop);
      const items = toItems(directory.subscribe(request, { signal, timeoutMs: 0, contextValues }));
      // Only what the subscription fails with can be mended, not what the consumer throws.
      const next = () =>
        items.next().catch((error: unknown) => {
          reason = error;
        });
      for (let result = await next(); result && !result.done; result = await next()) {
        const item = result.value;
        if (!answered) onConnection({ state: "live" });
        answered = true;
        failures = 0;
        if (item.kind === "snapshot") listing = true;
        else if (item.resumeToken !== "") {
          listing = false;
          token = "server";
          from = { resumeToken: item.resumeToken };
        }
        yield item;
      }
    } finally {
      // By `break`, too: nothing else would end the call.
      ended.abort();
    }
    if (stop.aborted) return;

    const error = conciergeError(reason);
    const verdict = judge({ error, answered, token });
    const pushback = pushbackOf(error.cause) ?? 0;
    if (verdict === "fail" || pushback === "never") throw error.cause;
    // A snapshot needs no token, so that nothing can be wrong with it again.
    const retryInMs = verdict === "relist" ? 0 : pushback + pauseMs(RECONNECT, ++failures);
    onConnection({ state: "lost", error, retryInMs });
    if (verdict === "relist" || listing) {
      from = { start: Start.SNAPSHOT_THEN_FOLLOW };
      token = undefined;
      yield { kind: "relist", reason: error };
    }
    await pause(retryInMs, { signal: stop, untilOnline: true });
  }
}
