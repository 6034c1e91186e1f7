import { assemble, type Concierge, createInterceptors } from "./concierge.ts";
import { type ConciergeOptions, toSettings } from "./options.ts";
import { createWebTransport } from "./transport-web.ts";

export type { Concierge } from "./concierge.ts";
export { type ConciergeError, codeName, conciergeError, type FieldViolation } from "./errors.ts";
export type { ConciergeOptions, TokenSource } from "./options.ts";
export type { Protocol } from "./protocol.ts";
export type { RetryOptions } from "./retry/options.ts";
export { retry } from "./retry/retry.ts";
export type { ReadyOptions } from "./wait-for-ready.ts";
export type { WatchConnection, WatchItem } from "./watch/item.ts";
export type { WatchCall, WatchOptions } from "./watch/watch.ts";

/**
 * Creates a client of every service for browsers, over `fetch`: unary and server streaming calls. Nothing is sent before
 * the first call. Throws a `TypeError` or `RangeError` that names the option which is wrong.
 */
export function createConcierge(options: ConciergeOptions): Concierge {
  const settings = toSettings(options);
  return assemble(createWebTransport(settings, createInterceptors(settings)), settings);
}
