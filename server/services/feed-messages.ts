import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Event,
  EventSchema,
  type Selector as SelectorMessage,
  Start as StartMessage,
  type SubscribeRequest,
  type SubscribeResponse,
  SubscribeResponseSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { InvalidFieldError, quote } from "../directory/errors.ts";
import type { FeedStart } from "../directory/feed/feed.ts";
import type { FeedItem } from "../directory/feed/feed-item.ts";
import type { Selector } from "../directory/feed/selector.ts";
import { parseUserId } from "../directory/user.ts";
import type { EventRecord } from "../store/records.ts";
import { toRole, toUserMessage } from "./directory-messages.ts";
import { type FeedServiceOptions, feedDefaults } from "./feed-options.ts";

/** Reads what a subscriber asks for. Throws {@link InvalidFieldError}. */
export function toSubscription(request: SubscribeRequest): { readonly selector: Selector; readonly start: FeedStart } {
  return { selector: toSelector(request.selector), start: toStart(request) };
}

/** Makes what turns items into messages: an item that goes to many becomes one message. */
export function createFeedMessages(options: FeedServiceOptions): (item: FeedItem) => SubscribeResponse {
  const { feed, share } = feedDefaults(options);
  const messages = new WeakMap<FeedItem, SubscribeResponse>();
  return item => {
    let message = messages.get(item);
    if (message === undefined) {
      message = share(SubscribeResponseSchema, { message: toContent(item), resumeToken: feed.tokenAfter(item) });
      messages.set(item, message);
    }
    return message;
  };
}

function toContent(item: FeedItem): NonNullable<MessageInitShape<typeof SubscribeResponseSchema>["message"]> {
  switch (item.kind) {
    case "snapshot":
      return { case: "snapshot", value: { users: item.users.map(toUserMessage) } };
    case "synced":
      return { case: "synced", value: {} };
    case "transaction":
      return { case: "transaction", value: { events: item.events.map(toEventMessage), more: item.more } };
    case "bookmark":
      return { case: "bookmark", value: {} };
  }
}

function toEventMessage({ userId, type, time, user, payload }: EventRecord): Event {
  const event = create(EventSchema, { userId: String(userId), type, time: timestampFromMs(time) });
  if (user !== undefined) event.user = toUserMessage(user);
  if (payload !== undefined) event.payload = payload;
  return event;
}

function toSelector(selector: SelectorMessage | undefined): Selector {
  const { kind } = selector ?? {};
  switch (kind?.case) {
    case "userId": {
      const id = parseUserId(kind.value);
      if (id !== undefined) return { kind: "user", id };
      throw new InvalidFieldError("selector.user_id", `selector.user_id ${quote(kind.value)} is not the id of a user`);
    }
    case "role": {
      const role = toRole(kind.value);
      if (role !== undefined) return { kind: "role", role };
      throw new InvalidFieldError("selector.role", `selector.role "${kind.value}" is not one of 1 to 3`);
    }
    case "all":
      if (kind.value) return { kind: "all" };
      throw new InvalidFieldError("selector.all", 'selector.all "false" selects nothing');
    default:
      throw new InvalidFieldError("selector", "selector is required: user_id, role or all");
  }
}

function toStart({ start, resumeToken: token }: SubscribeRequest): FeedStart {
  if (token !== "") {
    if (start === StartMessage.AFTER || start === StartMessage.UNSPECIFIED) return { kind: "resume", token };
    const message = `resume_token goes with START_AFTER (3), not with start "${start}"`;
    throw new InvalidFieldError("resume_token", message);
  }
  switch (start) {
    case StartMessage.UNSPECIFIED:
    case StartMessage.NOW:
      return { kind: "now" };
    case StartMessage.EARLIEST:
      return { kind: "earliest" };
    case StartMessage.SNAPSHOT_THEN_FOLLOW:
      return { kind: "snapshot" };
    case StartMessage.AFTER:
      throw new InvalidFieldError("resume_token", "resume_token is required with START_AFTER");
    default:
      throw new InvalidFieldError("start", `start "${start}" is not one of 0 to 4`);
  }
}
