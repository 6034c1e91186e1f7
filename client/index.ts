import { assemble, type Concierge, createInterceptors } from "./concierge.ts";
import { type ConciergeOptions, toSettings } from "./options.ts";
import { createNodeTransport, type TlsOptions } from "./transport-node.ts";

export type { Concierge } from "./concierge.ts";
export { type ConciergeError, codeName, conciergeError, type FieldViolation } from "./errors.ts";
export type { ConciergeOptions, TokenSource } from "./options.ts";
export type { Protocol } from "./protocol.ts";
export type { RetryOptions } from "./retry/options.ts";
export { retry } from "./retry/retry.ts";
export type { TlsOptions } from "./transport-node.ts";
export type { ReadyOptions } from "./wait-for-ready.ts";
export type { WatchConnection, WatchItem } from "./watch/item.ts";
export type { WatchCall, WatchOptions } from "./watch/watch.ts";

/** What a client on Node.js needs to know. */
export interface NodeConciergeOptions extends ConciergeOptions {
  /** Default: no client certificate, and the authorities that Node.js trusts. */
  readonly tls?: TlsOptions;
}

/**
 * Creates a client of every service, over HTTP/2. Nothing is sent before the first call. Throws a `TypeError` or
 * `RangeError` that names the option which is wrong.
 */
export function createConcierge({ tls = {}, ...options }: NodeConciergeOptions): Concierge {
  const settings = toSettings(options);
  const { transport, close } = createNodeTransport(settings, createInterceptors(settings), tls);
  return assemble(transport, settings, close);
}
