import { assemble, type Concierge, createInterceptors } from "./concierge.ts";
import { type ConciergeOptions, toSettings } from "./options.ts";
import { createWebTransport } from "./transport-web.ts";

export * from "./api.ts";

/**
 * Creates a client of every service for browsers, over `fetch`: unary and server streaming calls. Nothing is sent before
 * the first call. Throws a `TypeError` or `RangeError` that names the option which is wrong.
 */
export function createConcierge(options: ConciergeOptions): Concierge {
  const settings = toSettings(options);
  return assemble(createWebTransport(settings, createInterceptors(settings)), settings);
}
