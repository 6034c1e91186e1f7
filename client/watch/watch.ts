import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import {
  type DirectoryService,
  type Event,
  type SelectorSchema,
  Start,
  type User,
} from "../../gen/concierge/directory/v1/directory_pb.ts";

/** What to watch, and from where. */
export interface WatchOptions {
  /** Which events. Default: all. */
  readonly selector?: MessageInitShape<typeof SelectorSchema>;
  /** Where to begin. Default: with the next event, or after `resumeToken` where one is given. */
  readonly start?: Start;
  /** Goes on after the item that had it. */
  readonly resumeToken?: string;
}

/** What a watch tells of, in order. */
export type WatchItem =
  /** Users as they are, by ascending id; more may follow until `synced`. */
  | { readonly kind: "snapshot"; readonly users: readonly User[] }
  /** The snapshot is complete. */
  | { readonly kind: "synced"; readonly resumeToken: string }
  /** One change as a whole. */
  | { readonly kind: "transaction"; readonly events: readonly Event[]; readonly resumeToken: string }
  /** Nothing is missing up to here. */
  | { readonly kind: "bookmark"; readonly resumeToken: string }
  /** Forget what is known of the users: events were missed, and a snapshot follows. */
  | { readonly kind: "relist" };

/** Follows the feed of the directory. */
export async function* watch(
  directory: Client<typeof DirectoryService>,
  options: WatchOptions = {},
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<WatchItem, void, undefined> {
  const { selector = { kind: { case: "all", value: true } }, start = Start.UNSPECIFIED, resumeToken = "" } = options;
  let events: Event[] = [];
  for await (const { message, resumeToken: token } of directory.subscribe(
    { selector, start, resumeToken },
    { signal },
  )) {
    switch (message.case) {
      case "snapshot":
        yield { kind: "snapshot", users: message.value.users };
        break;
      case "synced":
        yield { kind: "synced", resumeToken: token };
        break;
      case "bookmark":
        yield { kind: "bookmark", resumeToken: token };
        break;
      case "transaction":
        events.push(...message.value.events);
        if (message.value.more) break;
        yield { kind: "transaction", events, resumeToken: token };
        events = [];
    }
  }
}
