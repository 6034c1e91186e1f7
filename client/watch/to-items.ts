import type { Event, SubscribeResponse } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { WatchItem } from "./item.ts";

/**
 * The messages of one subscription as items. A transaction that comes in several messages is put together, up to the 10,000
 * events of the longest import: only so is its token one that goes on after all that was told.
 */
export async function* toItems(
  responses: AsyncIterable<SubscribeResponse>,
): AsyncGenerator<Exclude<WatchItem, { kind: "relist" }>, void, undefined> {
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
