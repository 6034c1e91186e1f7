import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { callInfoKey } from "./interceptors/call-info.ts";
import { requestIdHeader } from "./interceptors/request-id.ts";

/**
 * Returns the options of a call to another service that is part of `context`'s call: it has what is left of the deadline, ends
 * when that call does, and has its request id, so that one id finds both in the logs. The caller's token is not passed on.
 */
export function passOn({
  signal,
  timeoutMs,
  values,
}: Pick<HandlerContext, "signal" | "timeoutMs" | "values">): CallOptions {
  const { requestId } = values.get(callInfoKey);
  const left = timeoutMs();
  // Whole milliseconds, as gRPC has them; and to Connect's clients zero is no deadline at all.
  const timeout = left === undefined ? {} : { timeoutMs: Math.max(1, Math.floor(left)) };
  return { signal, headers: { [requestIdHeader]: requestId }, ...timeout };
}
