import type { Transport } from "@connectrpc/connect";

/** Has all calls end, those in a pause before an attempt, too, once `closing` aborts; their error is its reason. */
export function endWith(transport: Transport, closing: AbortSignal): Transport {
  return {
    unary: (method, signal, ...rest) => transport.unary(method, either(closing, signal), ...rest),
    stream: (method, signal, ...rest) => transport.stream(method, either(closing, signal), ...rest),
  };
}

/** Aborts with whichever aborts first. */
export function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}
