import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { callInfoKey } from "./call-info.ts";

/** The header that carries a call's id, both ways. */
export const requestIdHeader = "x-request-id";

/** Printable, without spaces, and short: a client's id goes into every log line of its call. */
const acceptable = /^[\w.:+/=-]{1,128}$/;

/** The id a client gave its request if that may be logged as it is, else a new UUID. */
export function requestIdOf(headers: Record<string, string | string[] | undefined>): string {
  const given = headers[requestIdHeader];
  return typeof given === "string" && acceptable.test(given) ? given : crypto.randomUUID();
}

/** Sends each call's id back: in the response headers, or where there are none, in the error's metadata. */
export function requestId(): Interceptor {
  return next => async request => {
    const { requestId } = request.contextValues.get(callInfoKey);
    try {
      const response = await next(request);
      response.header.set(requestIdHeader, requestId);
      return response;
    } catch (error) {
      if (error instanceof ConnectError) error.metadata.set(requestIdHeader, requestId);
      throw error;
    }
  };
}
