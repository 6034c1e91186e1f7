import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  makeAnyClient,
  type StreamResponse,
  type Transport,
} from "@connectrpc/connect";
import type { ReadyMessages } from "./ready-messages.ts";

/**
 * Creates a client of a service, as Connect's function of this name does, for any of Connect's transports. It passes the
 * messages of a stream on as they are, where Connect's brings each through two generators: a third of what a stream costs.
 */
export function createClient<Service extends DescService>(service: Service, transport: Transport): Client<Service> {
  const client = makeAnyClient(service, method => makers[method.methodKind](transport, method) as never);
  return client as Client<Service>;
}

/** Messages that a caller gives, perhaps with some fields only. */
type Input = AsyncIterable<Message>;

const makers: Record<DescMethod["methodKind"], (transport: Transport, method: DescMethod) => unknown> = {
  unary: (transport, method) => async (input: Message, options?: CallOptions) => {
    const { signal, timeoutMs, headers, contextValues } = options ?? {};
    const response = await transport.unary(method as never, signal, timeoutMs, headers, input as never, contextValues);
    options?.onHeader?.(response.header);
    options?.onTrailer?.(response.trailer);
    return response.message;
  },
  server_streaming: (transport, method) => (input: Message, options?: CallOptions) =>
    read(begin(transport, method, new OneMessage(input), options), options),
  client_streaming: (transport, method) => async (input: Input, options?: CallOptions) => {
    let only: Message | undefined;
    let count = 0;
    // To the end: what the server says there comes first.
    for await (const message of read(begin(transport, method, input, options), options)) {
      only = message;
      count++;
    }
    if (only !== undefined && count === 1) return only;
    const what = count > 1 ? "received extra messages for client streaming method" : "missing response message";
    throw new ConnectError(`protocol error: ${what}`, Code.Unimplemented);
  },
  bidi_streaming: (transport, method) => (input: Input, options?: CallOptions) =>
    read(begin(transport, method, input, options), options),
};

function begin(transport: Transport, method: DescMethod, input: Input, options?: CallOptions): Promise<StreamResponse> {
  const { signal, timeoutMs, headers, contextValues } = options ?? {};
  return transport.stream(method as never, signal, timeoutMs, headers, input as never, contextValues);
}

/** Messages that can be read once: all who read share them. Who leaves them ends no call: its signal does. */
function read(response: Promise<StreamResponse>, options: CallOptions | undefined): Input {
  const reply = new Reply(response, options);
  return { [Symbol.asyncIterator]: () => reply };
}

type Result = IteratorResult<Message, undefined>;

const over: Result = Object.freeze({ done: true, value: undefined });

/** The messages of a streaming reply, with its head and trailers told on the way. After its end, or an error, there are none. */
class Reply implements AsyncIterator<Message, undefined> {
  readonly #response: Promise<StreamResponse>;
  readonly #options: CallOptions | undefined;
  #opening: Promise<void> | undefined = undefined;
  #messages: ReadyMessages | undefined = undefined;
  #trailer: Headers | undefined = undefined;
  #isOver = false;

  constructor(response: Promise<StreamResponse>, options: CallOptions | undefined) {
    this.#response = response;
    this.#options = options;
  }

  next(): Promise<Result> {
    if (this.#isOver) return Promise.resolve(over);
    const value = this.#messages?.take?.();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return this.#pull().then(this.#came, this.#failed);
  }

  #pull(): Promise<IteratorResult<Message>> {
    if (this.#messages !== undefined) return this.#messages.next();
    this.#opening ??= this.#open();
    return this.#opening.then(() => (this.#messages as ReadyMessages).next());
  }

  /** Nothing is told of a reply before somebody reads it. */
  async #open(): Promise<void> {
    const { header, trailer, message } = await this.#response;
    this.#options?.onHeader?.(header);
    this.#trailer = trailer;
    this.#messages = message[Symbol.asyncIterator]() as ReadyMessages;
  }

  readonly #came = (result: IteratorResult<Message>): Result => {
    if (!result.done) return result;
    if (this.#isOver) return over;
    this.#isOver = true;
    this.#options?.onTrailer?.(this.#trailer as Headers);
    return over;
  };

  /** Those who asked for more at once are told of an end behind the error. */
  readonly #failed = (reason: unknown): Result => {
    if (this.#isOver) return over;
    this.#isOver = true;
    throw reason;
  };
}

/** The one message of a request. */
class OneMessage implements AsyncIterableIterator<Message, undefined> {
  #message: Message | undefined;

  constructor(message: Message) {
    this.#message = message;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    const value = this.#message;
    this.#message = undefined;
    return value === undefined ? over : { done: false, value };
  }

  async return(): Promise<Result> {
    this.#message = undefined;
    return over;
  }

  throw(reason: unknown): Promise<Result> {
    this.#message = undefined;
    return Promise.reject(reason);
  }
}
