import { type Concierge, type ConciergeError, conciergeError } from "../../client/web.ts";
import { type Event, Start, type User } from "../../gen/concierge/directory/v1/directory_pb.ts";

/** What becomes of the directory as the feed tells of it. */
export interface DirectoryView {
  /** The users as they are: in place of all that were there. */
  replace: (users: readonly User[]) => void;
  /** What happened since, in order. */
  apply: (events: readonly Event[]) => void;
  /** How the connection is: on the way, up to date, or lost or refused for the reason that is given. */
  connection: (state: "connecting" | "live" | "lost" | "refused", reason?: string) => void;
}

/** What {@link followDirectory} needs to know. */
export interface FollowPlan {
  watch: Concierge["watch"];
  view: DirectoryView;
  /** Aborting it ends the following. */
  signal: AbortSignal;
  /** Where to begin, from a following before. Default: with the users as they are. */
  resumeToken?: string;
}

/**
 * Follows the directory until the signal aborts, or the server refuses. Answers the token to go on with; empty where there
 * is none.
 */
export async function followDirectory({ watch, view, signal, resumeToken = "" }: FollowPlan): Promise<string> {
  const start = resumeToken === "" ? { start: Start.SNAPSHOT_THEN_FOLLOW } : { resumeToken };
  let token = resumeToken;
  let users: User[] = [];
  const items = watch(
    {
      ...start,
      onConnection(connection) {
        // Up to date is who has a token; while it tries again, the page keeps saying why it was lost.
        if (connection.state === "live") return;
        view.connection(connection.state, connection.state === "lost" ? text(connection.error) : undefined);
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
    view.connection("refused", text(conciergeError(reason)));
  }
  return token;
}

function text({ codeName, message }: ConciergeError): string {
  return `${codeName}: ${message}`;
}
