import type { DescService } from "@bufbuild/protobuf";
import { type Clients, createClientsOn } from "./clients.ts";
import { type Concierge, createConciergeOn } from "./concierge.ts";
import type { NodeClientOptions } from "./node-endpoint.ts";
import { createTransport } from "./transport-node.ts";

export * from "./api.ts";
export type { NodeClientOptions, NodeClientOptions as ConciergeOptions, TlsOptions } from "./node-endpoint.ts";
export { createTransport } from "./transport-node.ts";
export { createWireTransport } from "./wire/transport.ts";

/**
 * Creates clients of the services, in their order, on one transport over HTTP/2. Nothing is sent before the first call.
 * Throws a `TypeError` or `RangeError` that names the option which is wrong.
 */
export function createClients<const Services extends readonly DescService[]>(
  options: NodeClientOptions,
  services: Services,
): Clients<Services> {
  return createClientsOn(createTransport(options), services);
}

/**
 * Creates a client of every service of Concierge, over HTTP/2. Nothing is sent before the first call. Throws a `TypeError`
 * or `RangeError` that names the option which is wrong.
 */
export function createConcierge(options: NodeClientOptions): Concierge {
  return createConciergeOn(createTransport(options));
}
