import type { DescService } from "@bufbuild/protobuf";
import { type Clients, createClientsOn } from "./clients.ts";
import { type Concierge, createConciergeOn } from "./concierge.ts";
import { createTransport, type WebClientOptions } from "./transport-web.ts";

export * from "./api.ts";
export { createTransport, type WebClientOptions, type WebClientOptions as ConciergeOptions } from "./transport-web.ts";

/**
 * Creates clients of the services, in their order, on one transport over `fetch`. Nothing is sent before the first call.
 * Throws a `TypeError` or `RangeError` that names the option which is wrong.
 */
export function createClients<const Services extends readonly DescService[]>(
  options: WebClientOptions,
  services: Services,
): Clients<Services> {
  return createClientsOn(createTransport(options), services);
}

/**
 * Creates a client of every service of Concierge, over `fetch`. Nothing is sent before the first call. Throws a `TypeError`
 * or `RangeError` that names the option which is wrong.
 */
export function createConcierge(options: WebClientOptions): Concierge {
  return createConciergeOn(createTransport(options));
}
