import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { onStreamEnd } from "./stream-end.ts";
import { isPromise, type UnaryStep, withUnaryStep } from "./unary-step.ts";

/**
 * Lets errors meant for clients pass, and turns every other one into INTERNAL `internal error` with the original as its
 * `cause`, for the log alone. A call that was aborted fails with what aborted it (deadline, client, drain), whatever
 * its handler made of that.
 */
export function errors(): Interceptor {
  const interceptor: Interceptor = next => async request => {
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return {
        ...response,
        message: onStreamEnd(response.message, { failed: error => toConnectError(error, request) }),
      };
    } catch (error) {
      throw toConnectError(error, request);
    }
  };
  return withUnaryStep(interceptor, unaryErrors);
}

function unaryErrors(next: UnaryStep): UnaryStep {
  return (context, message) => {
    function fail(error: unknown): never {
      throw toConnectError(error, context);
    }
    try {
      const reply = next(context, message);
      return isPromise(reply) ? reply.catch(fail) : reply;
    } catch (error) {
      return fail(error);
    }
  };
}

function toConnectError(error: unknown, request: { readonly signal: AbortSignal }): ConnectError {
  if (error instanceof ConnectError) return error;
  if (request.signal.aborted) return ConnectError.from(request.signal.reason, Code.Canceled);
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
