import type { Transport } from "@connectrpc/connect";

/** Gives unary calls that name no timeout of their own one of `deadlineMs`; 0 for none. Streams are left as they are. */
export function withDeadline(transport: Transport, deadlineMs: number): Transport {
  return {
    unary: (method, signal, timeoutMs, ...rest) => transport.unary(method, signal, timeoutMs ?? deadlineMs, ...rest),
    stream: (...call) => transport.stream(...call),
  };
}
