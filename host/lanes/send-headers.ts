import { type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";

/** Where the wire lane puts the function that sends a streaming call's headers. */
export const sendHeadersKey: ContextKey<() => void> = createContextKey(() => {}, { description: "send headers" });

/**
 * Sends the response headers of a stream now rather than with its first message, so that a feed with nothing to tell
 * yet does not look dead. Headers set later are lost. Does nothing in a unary call, and on a lane that cannot.
 */
export function sendHeaders(context: Pick<HandlerContext, "values">): void {
  context.values.get(sendHeadersKey)();
}
