import type { HandlerContext } from "@connectrpc/connect";
import { type UserMessage, UserMessageSchema } from "../../gen/user_service_pb.ts";
import { refuseNul } from "../directory/user-rules.ts";
import { toConnectError } from "./errors.ts";
import { type FeedServiceOptions, feedDefaults } from "./feed-options.ts";
import { MergedStreams } from "./merged-streams.ts";

/**
 * Makes the handler of `StreamUsers`, a room of its own: what a participant sends reaches everyone who is in the room,
 * the sender too, in one order. Who has sent all goes once the messages up to then are delivered; who reads too slowly
 * is sent away with RESOURCE_EXHAUSTED.
 */
export function createChatRoom(options: FeedServiceOptions) {
  const { feed, callerOf, share, sendHeaders } = feedDefaults(options);
  const room = new Set<MergedStreams<UserMessage>>();

  function say(said: UserMessage): void {
    const message = share(UserMessageSchema, said);
    const bytes = 50 + Buffer.byteLength(said.message) + Buffer.byteLength(said.timestamp);
    for (const participant of room) participant.put(message, bytes);
  }

  return (requests: AsyncIterable<UserMessage>, context: HandlerContext): AsyncIterable<UserMessage> => {
    const release = feed.admit(callerOf(context));
    const participant = new MergedStreams<UserMessage>({
      signal: context.signal,
      onFailure(error) {
        throw toConnectError(error);
      },
      onEnd() {
        room.delete(participant);
        release();
      },
    });

    async function listen(): Promise<void> {
      try {
        for await (const message of requests) {
          if (participant.ended) return;
          refuseNul("message", message.message);
          refuseNul("timestamp", message.timestamp);
          say(message);
        }
        participant.complete();
      } catch (error) {
        participant.fail(error);
      }
    }

    room.add(participant);
    sendHeaders(context);
    void listen();
    return participant;
  };
}
