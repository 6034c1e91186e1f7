import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { cutOff, nameErrors } from "./name-errors.ts";

/** `fetch` says no more than `TypeError` of a server that cannot be reached or a connection that was lost. */
function named(reason: unknown): unknown {
  const words = cutOff(reason);
  if (words !== undefined) return unavailable(`the connection was lost: ${words}`, reason);
  const cause = reason instanceof ConnectError ? reason.cause : reason;
  if (!(cause instanceof TypeError)) return reason;
  return unavailable(`the server cannot be reached: ${cause.message}`, cause);
}

function unavailable(message: string, cause: unknown): ConnectError {
  return new ConnectError(message, Code.Unavailable, undefined, undefined, cause);
}

/** Has calls that did not reach the server, or lost it, fail with UNAVAILABLE. Connect's transport says UNKNOWN. */
export function nameFetchErrors(): Interceptor {
  return nameErrors(named);
}
