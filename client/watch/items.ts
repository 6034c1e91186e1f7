import type { Event, SubscribeResponse, User } from "../../gen/concierge/directory/v1/directory_pb.ts";
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

/**
 * The messages of one subscription as items. A transaction that comes in several messages is put together, up to the 10,000
 * events of the longest import: only so is its token one that goes on after all that was told.
 */
export async function* toItems(
  responses: AsyncIterable<SubscribeResponse>,
): AsyncGenerator<WatchItem, void, undefined> {
  let events: Event[] = [];
  for await (const { message, resumeToken } of responses) {
    switch (message.case) {
      case "snapshot":
        yield { kind: "snapshot", users: message.value.users };
        break;
      case "synced":
      case "bookmark":
        yield { kind: message.case, resumeToken };
        break;
      case "transaction":
        events.push(...message.value.events);
        if (message.value.more) break;
        yield events.length > 0 ? { kind: "transaction", events, resumeToken } : { kind: "bookmark", resumeToken };
        events = [];
    }
  }
}

/** The token that goes on after an item; undefined for an empty one, which stands for nothing, null among a listing. */
export function tokenAfter(item: WatchItem): string | null | undefined {
  // Users that came before `synced` cannot be gone on with.
  if (item.kind === "snapshot") return null;
  return item.kind === "relist" ? undefined : item.resumeToken || undefined;
}
