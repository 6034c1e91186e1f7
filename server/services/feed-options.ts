import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Feed } from "../directory/feed/feed.ts";
import { type ChatRelay, createMemoryRelay } from "./chat-relay.ts";

/** Makes a message that goes to many streams and is changed no more, so that a lane may encode it once for all. */
export type Share = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>) => MessageShape<Desc>;

/** What the services that stream the feed need. */
export interface FeedServiceOptions {
  readonly feed: Feed;
  /** Whom a stream counts for where they are limited. Defaults to one and the same for all. */
  readonly callerOf?: (context: HandlerContext) => string;
  /** Carries what is said in the chat room. Defaults to one within this process. */
  readonly chat?: ChatRelay;
  /** Defaults to protobuf's `create`. */
  readonly share?: Share;
  /** Sends a stream's headers before its first message. By default they go out with that. */
  readonly sendHeaders?: (context: HandlerContext) => void;
}

/** The options with their defaults. */
export function feedDefaults(options: FeedServiceOptions): Required<FeedServiceOptions> {
  return { callerOf: () => "", chat: createMemoryRelay(), share: create, sendHeaders: () => {}, ...options };
}
