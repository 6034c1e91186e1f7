import { create } from "@bufbuild/protobuf";
import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  type AddSubscription,
  type SubscribeResponse,
  type WatchRequest,
  type WatchResponse,
  WatchResponseSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { refusedMessage } from "../../host/interceptors/validation.ts";
import { DirectoryError, InvalidFieldError, quote } from "../directory/errors.ts";
import {
  FeedEndedError,
  FeedInterruptedError,
  SlowSubscriberError,
  TooManySubscriptionsError,
} from "../directory/feed/errors.ts";
import type { FeedItem } from "../directory/feed/feed-item.ts";
import type { Subscription } from "../directory/feed/subscription.ts";
import { feedError, toConnectError } from "./errors.ts";
import { toSubscription } from "./feed-messages.ts";
import { type FeedServiceOptions, feedDefaults } from "./feed-options.ts";
import { requireFollow } from "./may-follow.ts";
import { MergedStreams } from "./merged-streams.ts";
import { mapLive } from "./streams.ts";

/** Subscriptions of one stream, at most. */
export const MAX_SUBSCRIPTIONS_PER_STREAM = 100;

/** Characters of the tokens in an error, at most: there are clients that take no more than 8 KiB of trailers. */
const MAX_TOKEN_CHARACTERS = 4096;

/** Characters that are told of an id which is longer than any may be. */
const MAX_QUOTED_ID = 64;

/** Makes the handler of `Watch`: subscriptions that come and go on one stream, each with an id and a feed of its own. */
export function createWatch(options: FeedServiceOptions, toMessage: (item: FeedItem) => SubscribeResponse) {
  const { feed, callerOf, sendHeaders } = feedDefaults(options);

  return (requests: AsyncIterable<WatchRequest>, context: HandlerContext): AsyncIterable<WatchResponse> => {
    const subscriptions = new Map<string, Subscription>();
    const { signal } = context;

    function onFailure(error: unknown, id?: string): WatchResponse {
      const endsAll = error instanceof FeedInterruptedError || error instanceof SlowSubscriberError;
      if (id !== undefined && error instanceof DirectoryError && !endsAll) {
        subscriptions.delete(id);
        return failed(id, error);
      }
      const ended = endsAll ? error : new FeedInterruptedError("the feed was interrupted", "", error);
      throw feedError(ended, { resumeTokens: resumeTokens() });
    }

    function resumeTokens(): Record<string, string> {
      const tokens: Record<string, string> = {};
      let characters = 0;
      for (const [id, subscription] of subscriptions) {
        const token = feed.tokenOf(subscription);
        characters += id.length + token.length;
        if (characters > MAX_TOKEN_CHARACTERS) break;
        tokens[id] = token;
      }
      return tokens;
    }

    const merged = new MergedStreams<WatchResponse>({ signal, onFailure });

    function add({ subscriptionId: id, subscription: request }: AddSubscription): void {
      if (subscriptions.has(id)) {
        const message = `subscription_id ${quote(id)} is in use on this stream`;
        merged.put(failed(id, new InvalidFieldError("subscription_id", message, "DUPLICATE_SUBSCRIPTION")));
        return;
      }
      try {
        if (request === undefined) throw new InvalidFieldError("subscription", "subscription is required");
        if (subscriptions.size >= MAX_SUBSCRIPTIONS_PER_STREAM) {
          const message = `the stream has ${subscriptions.size} subscriptions, at most ${MAX_SUBSCRIPTIONS_PER_STREAM}`;
          throw new TooManySubscriptionsError(message);
        }
        const wanted = toSubscription(request);
        requireFollow(context.values, wanted.selector);
        const subscription = feed.subscribe({ ...wanted, signal, caller: callerOf(context) });
        subscriptions.set(id, subscription);
        merged.add(
          id,
          mapLive(subscription, item => toResponse(id, toMessage(item))),
        );
      } catch (error) {
        if (!(error instanceof DirectoryError)) throw error;
        merged.put(failed(id, error));
      }
    }

    function remove(id: string): void {
      merged.remove(id);
      subscriptions.delete(id);
      merged.put(create(WatchResponseSchema, { subscriptionId: id, message: { case: "removed", value: {} } }));
    }

    const incoming = requests[Symbol.asyncIterator]();

    /** Takes the next request; one that breaks a rule fails alone, unless it is about no subscription. */
    async function take(): Promise<IteratorResult<WatchRequest>> {
      for (;;) {
        try {
          return await incoming.next();
        } catch (error) {
          const { action } = (refusedMessage(error) ?? {}) as Partial<WatchRequest>;
          if (action?.value === undefined) throw error;
          const id = action.value.subscriptionId.slice(0, MAX_QUOTED_ID).toWellFormed();
          merged.put(failed(id, new InvalidFieldError(action.case, ConnectError.from(error).rawMessage)));
        }
      }
    }

    async function read(): Promise<void> {
      try {
        for (let next = await take(); !next.done; next = await take()) {
          const { action } = next.value;
          if (action.case === "add") add(action.value);
          else if (action.case === "remove") remove(action.value.subscriptionId);
        }
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

function toResponse(subscriptionId: string, value: SubscribeResponse): WatchResponse {
  return create(WatchResponseSchema, { subscriptionId, message: { case: "response", value } });
}

function failed(subscriptionId: string, error: DirectoryError): WatchResponse {
  const { code, rawMessage } = ConnectError.from(toConnectError(error));
  const resumeToken = error instanceof FeedEndedError ? error.resumeToken : "";
  const value = { code, message: rawMessage, reason: error.reason, resumeToken };
  return create(WatchResponseSchema, { subscriptionId, message: { case: "failed", value } });
}
