import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  type EventStreamRequest,
  type UserEvent,
  UserEventSchema,
  UserSchema,
} from "../../gen/techoral/users/v1/user_service_pb.ts";
import { FeedInterruptedError } from "../directory/feed/errors.ts";
import type { FeedItem } from "../directory/feed/feed-item.ts";
import type { Selector } from "../directory/feed/selector.ts";
import { parseUserId, type User } from "../directory/user.ts";
import type { EventRecord } from "../store/records.ts";
import { toConnectError } from "./errors.ts";
import { type FeedServiceOptions, feedDefaults } from "./feed-options.ts";
import { requireFollow } from "./may-follow.ts";
import { MergedStreams } from "./merged-streams.ts";
import { UserEventSource } from "./user-event-source.ts";
import { toMessage } from "./user-message.ts";
import { MAX_SUBSCRIPTIONS_PER_STREAM } from "./watch.ts";

/** The user id that stands for every user. */
const EVERY_USER = "*";

/**
 * Makes the handler of `WatchUserEvents`. Each user is shown as it is when it is asked for, then followed; one that is
 * asked for again is shown again, and each of its events still comes once. `*` shows and follows all those that are not
 * followed already, and again shows them again: an event `snapshot` each, or one event `not_found` where there is none.
 */
export function createWatchUserEvents(options: FeedServiceOptions) {
  const { feed, callerOf, share, sendHeaders } = feedDefaults(options);
  const messages = new WeakMap<EventRecord, UserEvent>();

  /** One message an event, whoever gets it. */
  function toEvent(event: EventRecord): UserEvent {
    let message = messages.get(event);
    if (message === undefined) {
      const { type: eventType, userId, user, time } = event;
      const payload = user === undefined ? (event.payload ?? new Uint8Array()) : encode(user);
      message = share(UserEventSchema, { eventType, userId: String(userId), payload, timestamp: seconds(time) });
      messages.set(event, message);
    }
    return message;
  }

  return (requests: AsyncIterable<EventStreamRequest>, context: HandlerContext): AsyncIterable<UserEvent> => {
    const { signal } = context;
    const sources = new Map<string, UserEventSource<UserEvent>>();
    const merged = new MergedStreams<UserEvent>({
      signal,
      onFailure(error) {
        // There is no token here to go on with, so what ended the feed is all there is to tell.
        throw toConnectError(error instanceof FeedInterruptedError ? error.cause : error);
      },
    });

    function follow(selector: Selector): void {
      requireFollow(context.values, selector);
      const key = selector.kind === "user" ? String(selector.id) : EVERY_USER;
      const followed = new Set([...sources.keys()].map(Number));
      let shown = 0;
      function toEvents(item: FeedItem): UserEvent[] {
        switch (item.kind) {
          case "bookmark":
            return [];
          case "transaction":
            return item.events.filter(({ userId }) => !followed.has(userId)).map(toEvent);
          case "snapshot":
            shown += item.users.length;
            return item.users.filter(({ id }) => item.about !== undefined || !followed.has(id)).map(snapshotOf);
          case "synced": {
            const found = shown > 0;
            shown = 0;
            return found ? [] : [notFound(item.about === undefined ? EVERY_USER : String(item.about))];
          }
        }
      }
      const open = (start: Parameters<typeof feed.subscribe>[0]["start"]) =>
        feed.subscribe({ selector, start, signal, caller: callerOf(context) });
      const source = new UserEventSource({ open, toEvents });
      sources.set(key, source);
      merged.add(key, source);
    }

    async function add(text: string): Promise<void> {
      if (text === "") throw new ConnectError("user_id is required", Code.InvalidArgument);
      if (text === EVERY_USER) {
        const source = sources.get(EVERY_USER);
        if (source) await source.show("all");
        else follow({ kind: "all" });
        return;
      }
      const id = parseUserId(text);
      if (id === undefined) {
        merged.put(notFound(text));
        return;
      }
      const source = sources.get(text) ?? sources.get(EVERY_USER);
      if (source) await source.show(id);
      else if (sources.size < MAX_SUBSCRIPTIONS_PER_STREAM) follow({ kind: "user", id });
      else throw new ConnectError(`at most ${MAX_SUBSCRIPTIONS_PER_STREAM} users a stream`, Code.ResourceExhausted);
    }

    async function read(): Promise<void> {
      try {
        for await (const { userId } of requests) await add(userId);
        merged.complete();
      } catch (error) {
        merged.fail(error);
      }
    }

    sendHeaders(context);
    void read();
    return merged;
  };
}

function snapshotOf(user: User): UserEvent {
  const timestamp = seconds(Date.now());
  return create(UserEventSchema, { eventType: "snapshot", userId: String(user.id), payload: encode(user), timestamp });
}

function notFound(userId: string): UserEvent {
  return create(UserEventSchema, { eventType: "not_found", userId, timestamp: seconds(Date.now()) });
}

function encode(user: User): Uint8Array<ArrayBuffer> {
  return new Uint8Array(toBinary(UserSchema, toMessage(user)));
}

function seconds(time: number): bigint {
  return BigInt(Math.floor(time / 1000));
}
