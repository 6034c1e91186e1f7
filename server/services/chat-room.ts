import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type UserMessage, UserMessageSchema } from "../../gen/user_service_pb.ts";
import { refuseNul } from "../directory/user-rules.ts";
import type { ChatMember } from "./chat-relay.ts";
import { toConnectError } from "./errors.ts";
import { type FeedServiceOptions, feedDefaults } from "./feed-options.ts";
import { MergedStreams } from "./merged-streams.ts";

/**
 * Makes the handler of `StreamUsers`, a room of its own: what a participant sends reaches everyone who is in the room, on any
 * replica, the sender too, in one order. Who has sent all goes once the messages up to then are delivered; who reads too
 * slowly is sent away with RESOURCE_EXHAUSTED.
 */
export function createChatRoom(options: FeedServiceOptions) {
  const { feed, callerOf, chat, share, sendHeaders } = feedDefaults(options);
  const decoded = new WeakMap<Uint8Array, UserMessage>();

  /** One message, whoever hears it. */
  function toMessage(body: Uint8Array): UserMessage {
    const known = decoded.get(body);
    if (known !== undefined) return known;
    const message = share(UserMessageSchema, fromBinary(UserMessageSchema, body));
    decoded.set(body, message);
    return message;
  }

  return (requests: AsyncIterable<UserMessage>, context: HandlerContext): AsyncIterable<UserMessage> => {
    const release = feed.admit(callerOf(context));
    const participant = new MergedStreams<UserMessage>({
      signal: context.signal,
      onFailure(error) {
        throw toConnectError(error);
      },
      onEnd() {
        chat.leave(member);
        release();
      },
    });
    const member: ChatMember = {
      hear: body => participant.put(toMessage(body), 50 + body.length),
      fail: error => participant.fail(error),
    };

    async function listen(): Promise<void> {
      try {
        await chat.join(member);
        if (participant.ended) return chat.leave(member);
        sendHeaders(context);
        for await (const message of requests) {
          if (participant.ended) return;
          refuseNul("message", message.message);
          refuseNul("timestamp", message.timestamp);
          await chat.say(toBinary(UserMessageSchema, message));
        }
        participant.complete();
      } catch (error) {
        participant.fail(error);
      }
    }

    void listen();
    return participant;
  };
}
