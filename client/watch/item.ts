import type { Event, User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { ConciergeError } from "../errors.ts";

/** What a watch tells of, in order. A `resumeToken` goes on after its item, with the same selector, in another watch, too. */
export type WatchItem =
  /** Users as they are, by ascending id; more may follow until `synced`. */
  | { readonly kind: "snapshot"; readonly users: readonly User[] }
  /** The users are complete. */
  | { readonly kind: "synced"; readonly resumeToken: string }
  /** The events of one change, all of them. */
  | { readonly kind: "transaction"; readonly events: readonly Event[]; readonly resumeToken: string }
  /** Nothing is missing up to here. */
  | { readonly kind: "bookmark"; readonly resumeToken: string }
  /** Forget the users: they cannot be followed from where they were, for this reason, and come anew as a snapshot. */
  | { readonly kind: "relist"; readonly reason: ConciergeError };

/** How a watch is connected. */
export type WatchConnection =
  | { readonly state: "connecting" }
  /** The first message has come. */
  | { readonly state: "live" }
  /** For that reason; tried again in so many milliseconds. */
  | { readonly state: "lost"; readonly error: ConciergeError; readonly retryInMs: number };
