import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { type DirectoryService, type SelectorSchema, Start } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type ConciergeError, conciergeError } from "../errors.ts";
import { healStream, judgeEnd, type StreamConnection } from "../healed-stream.ts";
import { refuseUnknown } from "../refuse-unknown.ts";
import { toItems, tokenAfter, type WatchItem } from "./items.ts";

/** How a watch is connected. */
export type WatchConnection = StreamConnection<ConciergeError>;

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

/**
 * Follows the feed of the directory through lost connections, drains and restarts: every transaction comes once and whole,
 * in order, none missing. Where the server cannot go on from the last one, an item `relist` says so, and the users follow
 * as a snapshot. Reads as fast as its items are taken. Ends by `break` or once `stop` aborts; throws the `ConnectError` of
 * what does not pass: PERMISSION_DENIED, INVALID_ARGUMENT, UNIMPLEMENTED, UNAUTHENTICATED with a fresh token; and what
 * `onConnection` throws.
 */
export function watch(
  directory: Client<typeof DirectoryService>,
  options: WatchOptions,
  stop: AbortSignal,
): AsyncGenerator<WatchItem, void, undefined> {
  const { selector = { kind: { case: "all", value: true } }, resumeToken, onConnection, ...rest } = options;
  let { start, ...others } = rest;
  refuseUnknown(others);
  return healStream<WatchItem, string>({
    token: resumeToken || undefined,
    open(token, call) {
      const isGiven = token === undefined || token === resumeToken;
      return toItems(directory.subscribe({ selector, start: isGiven ? start : undefined, resumeToken: token }, call));
    },
    tokenAfter,
    judge(end) {
      // What the server gave in this very watch was good; what the caller brought may be wrong.
      const isInvalid = conciergeError(end.error).reason === "INVALID_RESUME_TOKEN";
      return isInvalid && end.token === "stream" ? "restart" : judgeEnd(end);
    },
    restart(error) {
      start = Start.SNAPSHOT_THEN_FOLLOW;
      return { kind: "relist", reason: conciergeError(error) };
    },
    onConnection(connection) {
      if (connection.state !== "lost") onConnection?.(connection);
      else onConnection?.({ ...connection, error: conciergeError(connection.error) });
    },
    signal: stop,
  });
}
