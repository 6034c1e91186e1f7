import { type Concierge, type ConciergeError, conciergeError } from "../../client/web.ts";
import { type Event, Start, type User } from "../../gen/concierge/directory/v1/directory_pb.ts";

/** How the directory on the page is: on the way, up to date, no longer so, as it was a moment ago, or kept from us. */
export type FollowState = "connecting" | "live" | "lost" | "listed" | "refused";

/** What becomes of the directory as the feed tells of it. */
export interface DirectoryView {
  /** The users as they are, in place of all that were there; of `total`, where those are only the newest. */
  replace: (users: readonly User[], total?: number) => void;
  /** Nothing is known of the users any more. */
  clear: () => void;
  /** What happened since, in order. */
  apply: (events: readonly Event[]) => void;
  /** Told of each state, with the error that led to it and, once lost, the milliseconds until it is tried again. */
  connection: (state: FollowState, error?: ConciergeError, retryInMs?: number) => void;
}

/** What {@link followDirectory} needs to know. */
export interface FollowPlan {
  concierge: Pick<Concierge, "watch"> & { directory: Pick<Concierge["directory"], "listUsers"> };
  view: DirectoryView;
  /** Aborting it ends the following. */
  signal: AbortSignal;
  /** Where to begin, from a following before. Default: with the users as they are. */
  resumeToken?: string;
}

/** Users that are listed where they cannot be followed. */
const LISTED = 200;

/**
 * Follows the directory until the signal aborts, or the server refuses; who may read users but not follow them gets a list.
 * Returns the token to go on with; empty where there is none.
 */
export async function followDirectory(plan: FollowPlan): Promise<string> {
  const { concierge, view, signal, resumeToken = "" } = plan;
  const start = resumeToken === "" ? { start: Start.SNAPSHOT_THEN_FOLLOW } : { resumeToken };
  let token = resumeToken;
  let users: User[] = [];
  const items = concierge.watch(
    {
      ...start,
      onConnection(connection) {
        // Up to date is who has a token; while it tries again, the page keeps saying why it was lost.
        if (connection.state === "connecting") view.connection("connecting");
        else if (connection.state === "lost") view.connection("lost", connection.error, connection.retryInMs);
      },
    },
    { signal },
  );
  try {
    for await (const item of items) {
      if (item.kind === "snapshot") users.push(...item.users);
      else if (item.kind === "relist") users = [];
      else if (item.kind === "synced") view.replace(users.splice(0));
      else if (item.kind === "transaction") view.apply(item.events);
      if (item.kind === "snapshot" || item.kind === "relist" || item.resumeToken === "") continue;
      token = item.resumeToken;
      view.connection("live");
    }
  } catch (reason) {
    await listInstead(plan, conciergeError(reason));
    return "";
  }
  return token;
}

/** Shows the newest users to who may not follow them all, and nobody to who may not read them either. */
async function listInstead({ concierge, view, signal }: FollowPlan, refusal: ConciergeError): Promise<void> {
  const request = { pageSize: LISTED, orderBy: "create_time desc", includeTotalSize: true };
  const signedIn = refusal.reason === "ROLE_REQUIRED";
  const page = signedIn ? await concierge.directory.listUsers(request, { signal }).catch(() => undefined) : undefined;
  if (signal.aborted) return;
  if (page) view.replace(page.users, page.totalSize);
  else view.clear();
  view.connection(page ? "listed" : "refused", refusal);
}
