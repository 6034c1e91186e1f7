import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import { type Event, Start, type SubscribeResponse, type User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { codeName } from "./call.ts";

/** What becomes of the directory as the feed tells of it. */
export interface DirectoryView {
  /** The users as they are: in place of all that were there. */
  replace: (users: readonly User[]) => void;
  /** What happened since, in order. */
  apply: (events: readonly Event[]) => void;
  /** How the connection is: on the way, up to date, or lost for the reason that is given. */
  connection: (state: "connecting" | "live" | "lost", reason?: string) => void;
}

/** Where to begin: with the users as they are, or after what a token stands for. */
export type FeedRequest = { start: typeof Start.SNAPSHOT_THEN_FOLLOW } | { resumeToken: string };

/** What {@link followDirectory} needs to know. */
export interface FollowPlan {
  open: (request: FeedRequest, options: CallOptions) => AsyncIterable<SubscribeResponse>;
  view: DirectoryView;
  /** Aborting it ends the following. */
  signal: AbortSignal;
  /** Where to begin, from a following before. Default: with the users as they are. */
  resumeToken?: string;
  /** Waits; cut short by whatever makes another attempt worth while. Default: not at all. */
  pause?: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** The server cannot go on from the token: its events are gone, or its database is another one. */
const RELIST = new Set([Code.OutOfRange, Code.FailedPrecondition, Code.InvalidArgument]);

/**
 * Follows the directory until the signal aborts: a connection that is lost is made anew and goes on where the last one
 * was, with pauses that grow. Answers the token to go on with; empty where there is none.
 */
export async function followDirectory(plan: FollowPlan): Promise<string> {
  const { open, view, signal, pause = async () => {} } = plan;
  let { resumeToken: token = "" } = plan;
  let failures = 0;
  while (!signal.aborted) {
    // While it tries again, the page keeps saying why.
    if (failures === 0) view.connection("connecting");
    const users: User[] = [];
    try {
      const request: FeedRequest = token === "" ? { start: Start.SNAPSHOT_THEN_FOLLOW } : { resumeToken: token };
      for await (const { message, resumeToken } of open(request, { signal })) {
        if (message.case === "snapshot") users.push(...message.value.users);
        else if (message.case === "synced") view.replace(users.splice(0));
        else if (message.case === "transaction") view.apply(message.value.events);
        if (resumeToken === "") continue;
        token = resumeToken;
        failures = 0;
        view.connection("live");
      }
      if (!signal.aborted) view.connection("lost", "the feed ended");
    } catch (reason) {
      if (signal.aborted) break;
      const { code, rawMessage } = ConnectError.from(reason);
      if (RELIST.has(code)) token = "";
      view.connection("lost", `${codeName(code)}: ${rawMessage}`);
    }
    await pause(pauseMs(failures++));
  }
  return token;
}

/** Twice as long each time, and never the same for all: a server that is back is not stormed. */
function pauseMs(failures: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  return longest * (0.5 + Math.random() / 2);
}
