import assert from "node:assert/strict";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ResumeInfoSchema, type SelectorSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";

/** Every user. */
export const ALL: MessageInitShape<typeof SelectorSchema> = { kind: { case: "all", value: true } };

/** Requests that are sent as they are pushed, until they are ended. */
export class Requests<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #ended = false;
  #wake = () => {};

  push(...requests: T[]): this {
    this.#waiting.push(...requests);
    this.#wake();
    return this;
  }

  end(): this {
    this.#ended = true;
    this.#wake();
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift() as T;
      if (this.#ended) return;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}

/** A stream that is read by hand. A client of Connect leaves its stream by a signal alone, not by `return`. */
export class Stream<T> implements AsyncIterator<T> {
  readonly #left = new AbortController();
  readonly #messages: AsyncIterator<T>;

  constructor(open: (options: { readonly signal: AbortSignal }) => AsyncIterable<T>) {
    this.#messages = open({ signal: this.#left.signal })[Symbol.asyncIterator]();
  }

  next(): Promise<IteratorResult<T>> {
    return this.#messages.next();
  }

  leave(): void {
    this.#left.abort();
  }
}

/** Reads one message of a stream that goes on. */
export async function read<T>(messages: AsyncIterator<T>): Promise<T> {
  const { done, value } = await messages.next();
  assert.ok(!done, "the stream goes on");
  return value;
}

/** Asserts that a stream ends with a code, and returns what its error says of going on. */
export async function endsWith(messages: AsyncIterator<unknown>, code: Code, message: string | RegExp) {
  try {
    while (!(await messages.next()).done);
  } catch (reason) {
    const error = ConnectError.from(reason);
    assert.equal(Code[error.code], Code[code], error.message);
    if (typeof message === "string") assert.equal(error.rawMessage, message);
    else assert.match(error.rawMessage, message);
    const [resume] = error.findDetails(ResumeInfoSchema);
    return { error, resumeToken: resume?.resumeToken ?? "", resumeTokens: resume?.resumeTokens ?? {} };
  }
  assert.fail("the stream is complete");
}

/** Waits until a gauge is at 0: a stream's end reaches the server a little after its client. */
export async function untilZero(gauge: () => number | Promise<number>): Promise<void> {
  while ((await gauge()) > 0) await new Promise(resolve => setTimeout(resolve, 5));
}
