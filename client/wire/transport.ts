import { addLayers, type ManagedTransport } from "../layers.ts";
import { type NodeClientOptions, toNodeEndpoint } from "../node-endpoint.ts";
import { createFleet } from "./balance/create-fleet.ts";
import { createBareWireTransport } from "./bare-transport.ts";
import { Links } from "./connections/links.ts";

/**
 * Creates a transport over HTTP/2 as `createTransport` does, on our own engine in place of `node:http2`: the same calls at
 * several times the rate. Nothing is sent before the first call. Throws a `TypeError` or `RangeError` that names the option
 * which is wrong.
 */
export function createWireTransport(options: NodeClientOptions): ManagedTransport {
  const { endpoint, transport, fleet, tls, path, servername, authority, layers } = toNodeEndpoint(options);
  if (transport === "http1") throw new TypeError('the wire transport speaks HTTP/2, and httpVersion is "1.1"');
  const { baseUrl, protocol, format } = endpoint;
  return addLayers(layers, interceptors => {
    const useBinaryFormat = format === "binary";
    const settings = { baseUrl, authority, protocol, useBinaryFormat, interceptors, takesCutsForLoss: true };
    const links = fleet
      ? createFleet(fleet.servers, fleet.balance, { servername, ...tls }, settings)
      : new Links({ origin: new URL(baseUrl), path, servername, ...tls });
    return createBareWireTransport(settings, links);
  });
}
