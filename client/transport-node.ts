import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Connections } from "./connection/connections.ts";
import { nameStreamErrors } from "./connection/stream-errors.ts";
import { addLayers, type BareTransport, type ManagedTransport } from "./layers.ts";
import { type ClientOptions, type Endpoint, toEndpoint } from "./options.ts";
import type { Protocol } from "./protocol.ts";
import { refuseUnknown } from "./refuse-unknown.ts";

/** What TLS needs to know; PEM text. Used with an https `baseUrl`. */
export interface TlsOptions {
  /** The authorities that may have signed the server's certificate. Default: those that Node.js trusts. */
  readonly ca?: string;
  /** The client's certificate chain, where the server asks for one. */
  readonly cert?: string;
  /** The client certificate's private key. */
  readonly key?: string;
}

/** What a client on Node.js needs to know. */
export interface NodeClientOptions extends ClientOptions {
  /**
   * Scheme, host and port, and a path where the services are mounted below one: `http://localhost:50051`. Or a Unix domain
   * socket: `unix:/path`, `unix:///path`, or `unix:path` from the working directory.
   */
  readonly baseUrl: string;
  /** Default: no client certificate, and the authorities that Node.js trusts. */
  readonly tls?: TlsOptions;
  /**
   * The host, and its port, that the server is called by (`:authority`), where it is not that of `baseUrl`; over TLS also
   * the name that its certificate has to be for. Default: the host of `baseUrl`, `localhost` for a Unix domain socket.
   */
  readonly authority?: string;
}

/**
 * Creates a transport over HTTP/2, without TLS by prior knowledge, with all that {@link addLayers} adds. Nothing is sent
 * before the first call. Throws a `TypeError` or `RangeError` that names the option which is wrong.
 */
export function createTransport(options: NodeClientOptions): ManagedTransport {
  const { baseUrl, protocol, format, tls = {}, ...others } = options;
  const path = socketPathOf(baseUrl);
  const { authority = path === undefined ? undefined : "localhost", ...layers } = others;
  const endpoint = toEndpoint({ baseUrl: path === undefined ? baseUrl : "http://localhost", protocol, format });
  checkTls(baseUrl, endpoint, tls);
  const servername = authority === undefined ? undefined : nameIn(authority);
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

/** The path of `unix:` URLs, as gRPC writes them (https://github.com/grpc/grpc/blob/master/doc/naming.md). */
function socketPathOf(baseUrl: string): string | undefined {
  if (!/^unix:/.test(baseUrl)) return undefined;
  const path = /^unix:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(baseUrl)?.[1];
  if (path === undefined) throw new TypeError(`baseUrl "${baseUrl}" is not unix:/path or unix:///path`);
  return path;
}

/** The name that a certificate has to be for; undefined for an address, for which TLS has no such field. */
function nameIn(authority: string): string | undefined {
  const url = URL.parse(`http://${authority}`);
  if (!url || !/^[\w.[\]:-]+$/.test(authority)) {
    throw new TypeError(`authority "${authority}" is not a host or host:port`);
  }
  return isIP(url.hostname.replace(/^\[|\]$/g, "")) ? undefined : url.hostname;
}

function checkTls(baseUrl: string, endpoint: Endpoint, { ca, cert, key, ...rest }: TlsOptions): void {
  refuseUnknown(rest, "tls.");
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(`tls.${cert === undefined ? "cert" : "key"} is missing: a client certificate needs both`);
  }
  if ((ca ?? cert) !== undefined && endpoint.baseUrl.startsWith("http:")) {
    throw new TypeError(`baseUrl "${baseUrl}" is without TLS, so tls must not be set: is https meant?`);
  }
  // Node.js passes over a CA that it cannot read, and looks at the rest when it connects.
  if (ca !== undefined) usable("tls.ca is no certificate in PEM", () => new X509Certificate(ca));
  usable("tls.cert and tls.key are no certificate with its key in PEM", () => createSecureContext({ cert, key }));
}

function usable(otherwise: string, use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    throw new TypeError(`${otherwise}: ${(cause as Error).message}`, { cause });
  }
}
