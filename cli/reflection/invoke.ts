import {
  type DescMethodStreaming,
  type DescMethodUnary,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import type { ClientContext } from "../client-command.ts";
import type { FoundMethod } from "./find-method.ts";
import { readMessage, readMessages } from "./request-messages.ts";

/** What a call is made with. */
export interface InvokeOptions {
  readonly data?: string | undefined;
  readonly emitDefaults?: boolean | undefined;
  /** Gets the headers, and after the last reply the trailers. */
  readonly onHeaders: (headers: Headers) => void;
}

/** Calls a method of any kind and answers its replies as JSON, as they come. */
export async function* invoke(
  { concierge, signal, stdin, streamCall }: ClientContext,
  { method, registry }: FoundMethod,
  { data, emitDefaults = false, onHeaders }: InvokeOptions,
): AsyncGenerator<JsonValue> {
  const { transport } = concierge;
  const source = { data, stdin, signal, registry, type: method.input };
  const json = (reply: Message) => toJson(method.output, reply, { registry, alwaysEmitImplicit: emitDefaults });
  if (method.methodKind === "unary") {
    const request = await readMessage(source);
    const reply = await transport.unary(method as DescMethodUnary, signal, undefined, undefined, request);
    onHeaders(reply.header);
    yield json(reply.message);
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
  for await (const message of reply.message) yield json(message);
  onHeaders(reply.trailer);
}

async function* one(message: Promise<Message>): AsyncGenerator<Message> {
  yield await message;
}
