import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { getAbortSignalReason } from "../../protocol/connect-internals.ts";
import type { ReadyMessages } from "../ready-messages.ts";
import { CallScope } from "./call-scope.ts";

/**
 * The signal of a streaming call, as interceptors see it: as that of a unary call, and the source of its messages is told
 * when nobody wants any more of them, as those of Connect's own transports are.
 */
export class StreamScope extends CallScope {
  readonly #source: AsyncIterable<unknown>;
  #isDone = false;

  /** `source` is where the caller's messages come from; `timeoutMs` is undefined for no deadline. */
  constructor(outer: AbortSignal | undefined, timeoutMs: number | undefined, source: AsyncIterable<unknown>) {
    super(outer, timeoutMs);
    this.#source = source;
    if (this.signal.aborted) this.#leaveSource();
    else this.signal.addEventListener("abort", () => this.#leaveSource());
  }

  /** The messages of the reply. Their end is the call's, and so is their error. */
  read(messages: AsyncIterable<Message>): AsyncIterable<Message> {
    const { signal } = this;
    return {
      [Symbol.asyncIterator]: () => {
        const iterator: ReadyMessages = messages[Symbol.asyncIterator]();
        const came = (result: IteratorResult<Message>) => {
          if (result.done && !this.#isDone) {
            this.#isDone = true;
            this.succeed();
          }
          return result;
        };
        const failed = (reason: unknown) => {
          throw this.fail(reason);
        };
        const reader: ReadyMessages = {
          next: () => {
            if (!this.#isDone && signal.aborted) return Promise.reject(this.fail(getAbortSignalReason(signal)));
            return iterator.next().then(came, failed);
          },
          take: () => (signal.aborted ? undefined : iterator.take?.()),
        };
        return reader;
      },
    };
  }

  /** A source that waits for something is told why it need not: by the error, and in any case by its end. */
  #leaveSource(): void {
    const iterator = this.#source[Symbol.asyncIterator]();
    // What it says to that is of no interest to anybody.
    const ignore = () => {};
    if (!this.#isDone) iterator.throw?.(this.signal.reason).catch(ignore);
    iterator.return?.().catch(ignore);
  }
}

/** The caller's messages, each with all its fields. */
export function complete(type: DescMessage, source: AsyncIterable<unknown>): AsyncIterable<Message> {
  const whole = ({ done, value }: IteratorResult<unknown>): IteratorResult<Message> => {
    return done ? { done, value } : { done: false, value: create(type, value as Message) };
  };
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      return {
        next: () => iterator.next().then(whole),
        ...(iterator.throw && { throw: (reason?: unknown) => iterator.throw?.(reason).then(whole) as never }),
        ...(iterator.return && { return: (value?: unknown) => iterator.return?.(value).then(whole) as never }),
      };
    },
  };
}
