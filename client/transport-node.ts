import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Connections } from "./connection/connections.ts";
import { createHttp1Transport } from "./connection/http1.ts";
import { nameStreamErrors } from "./connection/stream-errors.ts";
import { addLayers, type BareTransport, type ManagedTransport } from "./layers.ts";
import { type NodeClientOptions, toNodeEndpoint } from "./node-endpoint.ts";
import type { Endpoint } from "./options.ts";
import type { Protocol } from "./protocol.ts";
import { createWireTransport } from "./wire/transport.ts";

/**
 * Creates a transport over HTTP/2, without TLS by prior knowledge, or over HTTP/1.1 where `httpVersion` says so, with all
 * that {@link addLayers} adds. Nothing is sent before the first call. Throws a `TypeError` or `RangeError` that names the option which is wrong.
 */
export function createTransport(options: NodeClientOptions): ManagedTransport {
  const checked = toNodeEndpoint(options);
  const { endpoint, transport, tls, path, servername, authority, layers } = checked;
  if (transport === "wire") return createWireTransport(options);
  if (transport === "http1") return addLayers(layers, interceptors => createHttp1Transport(checked, interceptors));
  return addLayers(layers, interceptors => {
    const connections = new Connections(endpoint.baseUrl, { ...tls, path, servername, authority });
    return createHttp2Transport(endpoint, interceptors, connections);
  });
}

function createHttp2Transport(
  { baseUrl, protocol, format }: Endpoint,
  interceptors: Interceptor[],
  connections: Connections,
): BareTransport {
  const transport = transportOf[protocol]({
    baseUrl,
    interceptors: [...interceptors, nameStreamErrors(), awaitConnection(connections)],
    sessionManager: connections,
    useBinaryFormat: format === "binary",
  });
  return { ...transport, close: () => connections.close() };
}

type CommonOptions = Pick<
  Parameters<typeof createGrpcTransport>[0],
  "baseUrl" | "interceptors" | "sessionManager" | "useBinaryFormat"
>;

const transportOf: Record<Protocol, (options: CommonOptions) => Transport> = {
  connect: options => createConnectTransport({ ...options, httpVersion: "2" }),
  grpc: options => createGrpcTransport(options),
  "grpc-web": options => createGrpcWebTransport({ ...options, httpVersion: "2" }),
};

/**
 * Has each call wait for a connection. By itself Connect's transport waits, too, but without looking whether the call is
 * still wanted: those that ended meanwhile are begun, and reset at once, which a server takes for an attack.
 */
function awaitConnection(connections: Connections): Interceptor {
  return next => async request => {
    await connections.ready(request.signal);
    return next(request);
  };
}
