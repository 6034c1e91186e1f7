import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { MAX_TIMEOUT_MS, withDeadline } from "./deadline.ts";
import type { HeaderFields, LayerOptions } from "./options.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import { addRequestIds } from "./request-id.ts";
import { retry as retryInterceptor } from "./retry/retry.ts";
import { either, underEither } from "./signals.ts";
import { checkToken, sendToken } from "./token.ts";
import { traces } from "./trace.ts";

/** A transport that can be closed. */
export interface ManagedTransport extends Transport, AsyncDisposable {
  /** Aborts once the transport is closed. */
  readonly closed: AbortSignal;
  /** Ends calls in flight with CANCELED, and closes the connections. Calls that follow fail with CANCELED. */
  close(): void;
}

/** A transport of Connect's, with the end of what it holds, if anything. */
export interface BareTransport extends Transport {
  close?(): void;
}

/** A unary call's deadline unless told otherwise: well past any reply, short of a person's patience. */
const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Puts deadlines, retries by what contracts say is safe, tokens, headers and interceptors on any transport of Connect's:
 * `make` creates that, with the interceptors that it is given, the outermost first. Throws a `TypeError` or `RangeError`
 * that names the option which is wrong.
 */
export function addLayers(
  options: LayerOptions,
  make: (interceptors: Interceptor[]) => BareTransport,
): ManagedTransport {
  const {
    token,
    deadlineMs = DEFAULT_DEADLINE_MS,
    retry = {},
    headers,
    interceptors = [],
    trace = false,
    ...rest
  } = options;
  refuseUnknown(rest);
  if (!Number.isInteger(deadlineMs) || deadlineMs < 0 || deadlineMs > MAX_TIMEOUT_MS) {
    throw new RangeError(`deadlineMs "${deadlineMs}" is not a whole number from 0 to ${MAX_TIMEOUT_MS}`);
  }
  if (!Array.isArray(interceptors) || interceptors.some(interceptor => typeof interceptor !== "function")) {
    throw new TypeError("interceptors is not an array of functions");
  }
  if (typeof trace !== "boolean" && typeof trace !== "function") {
    throw new TypeError("trace is neither true, false nor an interceptor");
  }
  const bare = make([
    sendHeaders(headers),
    ...interceptors,
    ...(trace === true ? [traces.eachCall] : []),
    addRequestIds(),
    ...(retry === false ? [] : [retryInterceptor(retry)]),
    ...(trace === false ? [] : [trace === true ? traces.eachAttempt : trace]),
    // Within an attempt, so that each has the token of its time.
    ...(token === undefined ? [] : [sendToken(checkToken(token))]),
  ]);
  const closing = new AbortController();
  function close() {
    closing.abort(new ConnectError("the client is closed", Code.Canceled));
    bare.close?.();
  }
  return {
    ...tellReadersAlone(withDeadline(endWith(bare, closing.signal), deadlineMs)),
    closed: closing.signal,
    close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

/** Sends headers with each call that has not its own of that name. */
function sendHeaders(fields: HeaderFields): Interceptor {
  let headers: Headers;
  try {
    headers = new Headers(fields);
  } catch (cause) {
    throw new TypeError(`headers: ${(cause as Error).message}`, { cause });
  }
  return next => request => {
    headers.forEach((value, name) => {
      if (!request.header.has(name)) request.header.set(name, value);
    });
    return next(request);
  };
}

/** Has all calls end, those in a pause before an attempt, too, once `closing` aborts; their error is its reason. */
function endWith(transport: Transport, closing: AbortSignal): Transport {
  return {
    unary(method, signal, ...rest) {
      if (signal === undefined) return transport.unary(method, closing, ...rest);
      return underEither(closing, signal, joined => transport.unary(method, joined, ...rest));
    },
    stream: (method, signal, ...rest) => transport.stream(method, either(closing, signal), ...rest),
  };
}

/**
 * Has a stream that fails before anybody reads it tell who does so later. By itself Connect's client leaves its promise
 * alone until then, which ends a process with an unhandled rejection.
 */
function tellReadersAlone({ unary, stream }: Transport): Transport {
  return {
    unary,
    stream(...call) {
      const response = stream(...call);
      response.catch(() => {});
      return response;
    },
  };
}
