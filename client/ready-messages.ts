import type { Message } from "@bufbuild/protobuf";

/**
 * Messages of a reply, of which those that have come can be taken without a promise for each. The layers between a
 * transport and a client pass the question on; where one does not, `next` is asked for each message.
 */
export interface ReadyMessages<T = Message> extends AsyncIterator<T> {
  /** The next message. Undefined where that has yet to come, and for an end or an error: all of them `next` tells. */
  take?(): T | undefined;
}
