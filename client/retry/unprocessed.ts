import type { ConnectError } from "@connectrpc/connect";

/** How it is known that no service has seen a call: it never left, or the server's HTTP/2 layer refused it. */
export type Unprocessed = "unsent" | "refused";

const unprocessed = new WeakMap<ConnectError, Unprocessed>();

/** Marks the error of a call that no service has seen, so that any call may be repeated after it. Returns the error. */
export function asUnprocessed(how: Unprocessed, error: ConnectError): ConnectError {
  unprocessed.set(error, how);
  return error;
}

/** How it is known that no service has seen a call that failed with this error; undefined where one may have. */
export function howUnprocessed(error: ConnectError): Unprocessed | undefined {
  return unprocessed.get(error);
}
