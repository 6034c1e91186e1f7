import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { BareTransport } from "../layers.ts";
import type { NodeEndpoint } from "../node-endpoint.ts";
import { nameStreamErrors } from "./stream-errors.ts";

/**
 * Creates a transport of Connect's over HTTP/1.1, for servers that have no HTTP/2. It owns its connections, of which each has
 * one call at a time: they are kept open for the next ones. Calls that stream both ways send all before they read.
 */
export function createHttp1Transport(
  { endpoint, tls, path, servername, authority }: NodeEndpoint,
  interceptors: Interceptor[],
): BareTransport {
  const { baseUrl, protocol, format } = endpoint;
  const keeping = { keepAlive: true, ...(path !== undefined && { socketPath: path }) };
  const agent = baseUrl.startsWith("https:")
    ? new SecureAgent({ ...keeping, ...tls, ...(servername !== undefined && { servername }) })
    : new Agent(keeping);
  const create = protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
  const transport = create({
    baseUrl,
    httpVersion: "1.1",
    nodeOptions: { agent },
    interceptors: [...interceptors, nameStreamErrors(), ...(authority === undefined ? [] : [callBy(authority)])],
    useBinaryFormat: format === "binary",
  });
  return { ...transport, close: () => agent.destroy() };
}

/** Has the server be called by another name than that of its URL. */
function callBy(authority: string): Interceptor {
  return next => request => {
    request.header.set("host", authority);
    return next(request);
  };
}
