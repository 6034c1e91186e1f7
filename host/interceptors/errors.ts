import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { onStreamEnd } from "./stream-end.ts";

/**
 * Lets errors meant for clients pass, and turns every other one into INTERNAL `internal error` with the original as its
 * `cause`, for the log alone. A call that was aborted fails with what aborted it (deadline, client, drain), whatever
 * its handler made of that.
 */
export function errors(): Interceptor {
  return next => async request => {
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
}

function toConnectError(error: unknown, request: { readonly signal: AbortSignal }): ConnectError {
  if (error instanceof ConnectError) return error;
  if (request.signal.aborted) return ConnectError.from(request.signal.reason, Code.Canceled);
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
