import type { DescMethodStreaming, DescMethodUnary, JsonValue, Message } from "@bufbuild/protobuf";
import type { ClientContext } from "../command.ts";
import type { FoundMethod } from "../schema/find-method.ts";
import type { PackedTypes } from "./packed-types.ts";
import { readMessage, readMessages } from "./request-messages.ts";
import { toJson } from "./to-json.ts";

/** What a call is made with. */
export interface InvokeOptions {
  readonly types: PackedTypes;
  /** JSON, `@FILE` or `@-`. Default: nothing; a stream is then read from standard input. */
  readonly data?: string | undefined;
  readonly emitDefaults?: boolean | undefined;
  /** Gets the headers, and after the last reply the trailers. */
  readonly onHeaders: (headers: Headers) => void;
}

/** Calls a method of any kind and yields its replies as JSON, as they come. */
export async function* invoke(
  { concierge, signal, stdin, streamCall }: ClientContext,
  { method }: FoundMethod,
  { types, data, emitDefaults, onHeaders }: InvokeOptions,
): AsyncGenerator<JsonValue> {
  const { transport } = concierge;
  const source = { data, stdin, signal, types, type: method.input };
  const json = (reply: Message) => toJson(method.output, reply, { types, emitDefaults });
  if (method.methodKind === "unary") {
    const request = await readMessage(source);
    const reply = await transport.unary(method as DescMethodUnary, signal, undefined, undefined, request);
    onHeaders(reply.header);
    yield await json(reply.message);
    onHeaders(reply.trailer);
    return;
  }
  const requests = method.methodKind === "server_streaming" ? one(readMessage(source)) : readMessages(source);
  const reply = await transport.stream(
    method as DescMethodStreaming,
    signal,
    streamCall.timeoutMs,
    undefined,
    requests,
  );
  onHeaders(reply.header);
  for await (const message of reply.message) yield await json(message);
  onHeaders(reply.trailer);
}

async function* one(message: Promise<Message>): AsyncGenerator<Message> {
  yield await message;
}
