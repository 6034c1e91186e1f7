import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** The longest that gRPC's header can say: eight digits, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export const MAX_TIMEOUT_MS = 99_999_999;

/**
 * Gives unary calls that name no timeout of their own one of `deadlineMs`; 0 for none. Timeouts that a call names are
 * rounded up to whole milliseconds, as the protocols want them; what no header can say fails with INVALID_ARGUMENT.
 */
export function withDeadline(transport: Transport, deadlineMs: number): Transport {
  return {
    async unary(method, signal, timeoutMs = deadlineMs, ...rest) {
      return transport.unary(method, signal, whole(timeoutMs), ...rest);
    },
    async stream(method, signal, timeoutMs, ...rest) {
      return transport.stream(method, signal, timeoutMs === undefined ? undefined : whole(timeoutMs), ...rest);
    },
  };
}

function whole(timeoutMs: number): number {
  if (timeoutMs <= MAX_TIMEOUT_MS) return Math.ceil(timeoutMs);
  throw new ConnectError(`timeoutMs "${timeoutMs}" is not at most ${MAX_TIMEOUT_MS}`, Code.InvalidArgument);
}
