import type { Interceptor, StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import { withNext } from "../name-errors.ts";
import type { ReadyMessages } from "../ready-messages.ts";
import { Replay } from "./replay.ts";

type Next = Parameters<Interceptor>[0];
type Request = UnaryRequest | StreamRequest;
type Response = UnaryResponse | StreamResponse;

/** A call that can be made more than once. */
export interface RepeatableCall {
  /** Makes the call, with headers of its own. Of a stream, resolves with the first message: nothing was told before it. */
  attempt(header: Headers): Promise<Response>;
  /** Whether the whole request is still at hand. */
  readonly repeatable: boolean;
}

/** Prepares a request to be sent more than once. */
export function repeatable(next: Next, request: Request): RepeatableCall {
  if (!request.stream) return { repeatable: true, attempt: header => ownSignal(next, { ...request, header }) };
  const replay = new Replay(request.message);
  return {
    get repeatable() {
      return replay.possible;
    },
    async attempt(header) {
      const response = await ownSignal(next, { ...request, header, message: replay.open() });
      replay.commit();
      return response;
    },
  };
}

/** Makes an attempt under a signal of its own, which ends what a failed one may have left open. */
async function ownSignal(next: Next, request: Request): Promise<Response> {
  const attempt = new AbortController();
  const abort = () => attempt.abort(request.signal.reason);
  request.signal.addEventListener("abort", abort, { once: true });
  if (request.signal.aborted) abort();
  try {
    const response = await next({ ...request, signal: attempt.signal });
    if (response.stream) return await begun(response);
    // Nothing of a unary call outlasts its reply.
    request.signal.removeEventListener("abort", abort);
    return response;
  } catch (error) {
    request.signal.removeEventListener("abort", abort);
    attempt.abort(error);
    throw error;
  }
}

/** Waits for a stream's first message. */
async function begun(response: StreamResponse): Promise<StreamResponse> {
  const messages: ReadyMessages = response.message[Symbol.asyncIterator]();
  let first: ReturnType<typeof messages.next> | undefined = Promise.resolve(await messages.next());
  function next() {
    const result = first ?? messages.next();
    first = undefined;
    return result;
  }
  const take = () => (first === undefined ? messages.take?.() : undefined);
  return { ...response, message: withNext(messages, next, take) };
}
