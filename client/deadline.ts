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

/** The headers that tell a server how long a call may take, and how each protocol writes milliseconds. */
const forms = [
  { name: "connect-timeout-ms", unit: "" },
  { name: "grpc-timeout", unit: "m" },
] as const;

/** When a call that starts now has to end by its headers, as `performance.now()` counts; infinity for never. */
export function deadlineOf(header: Headers): number {
  for (const { name, unit } of forms) {
    const value = header.get(name);
    if (value?.endsWith(unit)) return performance.now() + Number.parseInt(value, 10);
  }
  return Number.POSITIVE_INFINITY;
}

/** Writes the time that is left into the headers of an attempt: a server shall not work longer than somebody waits. */
export function setTimeLeft(header: Headers, deadline: number): void {
  const left = Math.max(1, Math.ceil(deadline - performance.now()));
  for (const { name, unit } of forms) {
    if (header.has(name)) header.set(name, `${left}${unit}`);
  }
}
