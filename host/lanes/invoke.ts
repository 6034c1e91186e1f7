import { create, type DescMessage, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type Interceptor,
  type MethodImplSpec,
  type StreamResponse,
  type UnaryResponse,
} from "@connectrpc/connect";
import { WatchedStream } from "../interceptors/stream-end.ts";
import { isPromise, joinSteps, type UnaryStep } from "../interceptors/unary-step.ts";
import { type CallContext, CallRequest, contextOf } from "./context.ts";

type Next = ReturnType<Interceptor>;
type Request = Parameters<Next>[0];
type SpecOf<Kind> = Extract<MethodImplSpec, { kind: Kind }>;

/** Runs a unary call through the interceptors to its implementation. Returns a promise only where one of them waits. */
export type InvokeUnary = (context: CallContext, message: Message) => Message | Promise<Message>;
/** Runs a streaming call; messages of the reply may be partial where `schema` says so, and are to be completed by it. */
export type InvokeStream = (context: CallContext, messages: AsyncIterable<Message>) => Promise<AsyncIterable<Message>>;

/** The first is outermost. Built once per method, not once per call. */
function chain(innermost: Next, interceptors: readonly Interceptor[]): Next {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
}

/** Makes the way to a unary implementation. */
export function createInvokeUnary(spec: SpecOf<"unary">, interceptors: readonly Interceptor[]): InvokeUnary {
  const { impl, method } = spec;
  async function complete(reply: Promise<PartialMessage>): Promise<Message> {
    return create(method.output, await reply);
  }
  const implement: UnaryStep = (context, message) => {
    const reply = impl(message as never, context);
    return isPromise(reply) ? complete(reply) : create(method.output, reply);
  };
  return joinSteps(interceptors, implement) ?? chained(spec, interceptors, implement);
}

/** As interceptors from elsewhere want it: by Connect's request and response, which they may replace. */
function chained(
  { method }: SpecOf<"unary">,
  interceptors: readonly Interceptor[],
  implement: UnaryStep,
): (context: CallContext, message: Message) => Promise<Message> {
  const run = chain(async request => {
    const { own, seen } = contextOf(request);
    const reply = implement(seen, request.message as Message);
    // Waiting for what is there already would cost another turn of the microtask queue.
    const message = isPromise(reply) ? await reply : reply;
    const { responseHeader: header, responseTrailer: trailer, service } = own;
    return { stream: false, message, method, service, header, trailer } as UnaryResponse;
  }, interceptors);

  return async (context, message) => {
    const response = (await run(new CallRequest(context, false, message) as Request)) as UnaryResponse;
    context.adopt(response.header, response.trailer);
    return response.message;
  };
}

/** Makes the way to an implementation that streams in either direction. */
export function createInvokeStream(
  spec: Exclude<MethodImplSpec, SpecOf<"unary">>,
  interceptors: readonly Interceptor[],
): InvokeStream {
  const { method } = spec;
  const run = chain(async request => {
    const { own, seen } = contextOf(request);
    const message = await call(spec, request.message as AsyncIterable<never>, seen);
    const { responseHeader: header, responseTrailer: trailer, service } = own;
    return { stream: true, message, method, service, header, trailer } as StreamResponse;
  }, interceptors);

  return async (context, messages) => {
    const response = await run(new CallRequest(context, true, messages) as Request);
    context.adopt(response.header, context.responseTrailer);
    const replies = response.message as AsyncIterable<Message>;
    return response.trailer === context.responseTrailer ? replies : thenAdopt(replies, response.trailer, context);
  };
}

async function call(
  spec: Exclude<MethodImplSpec, SpecOf<"unary">>,
  messages: AsyncIterable<never>,
  context: CallContext | Parameters<typeof spec.impl>[1],
): Promise<AsyncIterable<Message>> {
  switch (spec.kind) {
    case "server_streaming":
      return completed(spec.impl(await single(messages), context), spec.method.output);
    case "client_streaming":
      return once(create(spec.method.output, await spec.impl(messages, context)));
    case "bidi_streaming":
      return completed(spec.impl(messages, context), spec.method.output);
  }
}

/** Those who watch an implementation's stream watch the whole messages. */
function completed(partial: AsyncIterable<PartialMessage>, schema: DescMessage): AsyncIterable<Message> {
  if (!(partial instanceof WatchedStream)) return new Replies(partial, schema);
  return new WatchedStream(new Replies(partial.source, schema), partial.ends);
}

/** What handlers may answer with. */
export type PartialMessage = MessageInitShape<DescMessage>;

/** What a streaming implementation yields, completed to whole messages. */
export class Replies implements AsyncIterable<Message> {
  /** As yielded, for whoever completes them as it goes: a promise less a message. */
  readonly partial: AsyncIterable<PartialMessage>;
  readonly #schema: DescMessage;

  constructor(partial: AsyncIterable<PartialMessage>, schema: DescMessage) {
    this.partial = partial;
    this.#schema = schema;
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    const inner = this.partial[Symbol.asyncIterator]();
    const complete = (result: IteratorResult<PartialMessage>): IteratorResult<Message> =>
      result.done ? result : { done: false, value: create(this.#schema, result.value) };
    return {
      next: () => inner.next().then(complete),
      return: async value => (inner.return ? complete(await inner.return(value)) : { done: true, value }),
    };
  }
}

async function* once(message: Message): AsyncGenerator<Message> {
  yield message;
}

/** A protocol error where not exactly one message came. */
async function single<T>(messages: AsyncIterable<T>): Promise<T> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) throw missingMessage("server-streaming");
  const second = await iterator.next();
  if (!second.done) throw extraMessage("server-streaming");
  return first.value;
}

/** No message where one belongs. */
export function missingMessage(kind: string): ConnectError {
  return new ConnectError(`protocol error: missing input message for ${kind} method`, Code.Unimplemented);
}

/** Two messages where one belongs. */
export function extraMessage(kind: string): ConnectError {
  return new ConnectError(`protocol error: received extra input message for ${kind} method`, Code.Unimplemented);
}

async function* thenAdopt(messages: AsyncIterable<Message>, trailer: Headers, context: CallContext) {
  yield* messages;
  context.adopt(context.responseHeader, trailer);
}
