import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { type ClientOptions, type Endpoint, type LayerOptions, toEndpoint } from "./options.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import { type Balance, type BalanceOptions, toBalance } from "./wire/balance/options.ts";
import { parseServers, type Servers } from "./wire/balance/server-list.ts";

/** What TLS needs to know; PEM text. Used with an https `baseUrl`, and has a name of many servers be called over TLS. */
export interface TlsOptions {
  /** The authorities that may have signed the server's certificate. Default: those that Node.js trusts. */
  readonly ca?: string;
  /** The client's certificate chain, where the server asks for one. */
  readonly cert?: string;
  /** The client certificate's private key. */
  readonly key?: string;
}

/** What a client on Node.js needs to know. */
export interface NodeClientOptions extends Omit<ClientOptions, "baseUrl"> {
  /**
   * Scheme, host and port, and a path where the services are mounted below one: `http://localhost:50051`. Or a Unix domain
   * socket: `unix:/path`, `unix:///path`, or `unix:path` from the working directory. Or many servers, over which calls are
   * spread: by gRPC's name of them, `dns:///host:port`, or `dns://server/host:port` to ask a DNS server of one's own; or a
   * list of URLs with the same scheme and path.
   */
  readonly baseUrl: string | readonly string[];
  /** Default: no client certificate, and the authorities that Node.js trusts. */
  readonly tls?: TlsOptions;
  /**
   * The host, and its port, that the server is called by (`:authority`), where it is not that of `baseUrl`; over TLS also
   * the name that its certificate has to be for. Default: the host of `baseUrl`, `localhost` for a Unix domain socket.
   */
  readonly authority?: string;
  /**
   * What calls are made by: `wire`, our own HTTP/2 engine, or `node`, Connect's transports on `node:http2`. Both make the same
   * calls; the first makes more of them. Default: `wire`.
   */
  readonly transport?: "wire" | "node";
  /**
   * `1.1` is for a server that has no HTTP/2: Connect and gRPC-Web by Connect's transports on `node:http`. Default: `2`, without
   * TLS by prior knowledge.
   */
  readonly httpVersion?: "2" | "1.1";
  /** How calls are spread, where `baseUrl` stands for many servers. Default: see {@link BalanceOptions}. */
  readonly balance?: BalanceOptions;
}

/** How to reach a server on Node.js: {@link NodeClientOptions}, checked, and taken apart. */
export interface NodeEndpoint {
  /** Of a Unix domain socket, that of a server on this machine; of many servers, what they are called by together. */
  readonly endpoint: Endpoint;
  /** Many servers, and how calls are spread over them; undefined for one. */
  readonly fleet: { readonly servers: Servers; readonly balance: Balance } | undefined;
  readonly transport: "wire" | "node" | "http1";
  readonly tls: TlsOptions;
  /** The Unix domain socket; undefined for none. */
  readonly path: string | undefined;
  /** The name that the certificate has to be for, where it is not the host of the URL. */
  readonly servername: string | undefined;
  /** What the server is called by, where it is not the host of the URL. */
  readonly authority: string | undefined;
  /** All other options: those of the layers, and those that there are none of. */
  readonly layers: LayerOptions;
}

/** Checks the options of a transport. Throws a `TypeError` that names the one which is wrong. */
export function toNodeEndpoint(options: NodeClientOptions): NodeEndpoint {
  const { baseUrl, protocol, format, tls = {}, transport: _, httpVersion: __, balance, ...others } = options;
  const transport = transportOf(options);
  const many = parseServers(baseUrl, options.tls !== undefined);
  if (many !== undefined && transport !== "wire") {
    const calling = transport === "node" ? 'transport "node"' : 'httpVersion "1.1"';
    throw new TypeError(`baseUrl "${baseUrl}" stands for many servers, and ${calling} calls one`);
  }
  if (many === undefined && balance !== undefined) {
    throw new TypeError(`balance is set, and baseUrl "${baseUrl}" is one server`);
  }
  const url = many?.baseUrl ?? (baseUrl as string);
  const path = socketPathOf(url);
  const { authority = path === undefined ? undefined : "localhost", ...layers } = others;
  const endpoint = toEndpoint({ baseUrl: path === undefined ? url : "http://localhost", protocol, format });
  checkTls(url, endpoint, tls);
  const servername = authority === undefined ? undefined : nameIn(authority);
  const fleet = many && { servers: many.servers, balance: toBalance(balance ?? {}) };
  return { endpoint, fleet, transport, tls, path, servername, authority, layers };
}

function transportOf({ transport, httpVersion = "2", protocol }: NodeClientOptions): NodeEndpoint["transport"] {
  if (!["wire", "node", undefined].includes(transport)) {
    throw new TypeError(`transport "${transport}" is not one of wire, node`);
  }
  if (httpVersion === "2") return transport ?? "wire";
  if (httpVersion !== "1.1") throw new TypeError(`httpVersion "${httpVersion}" is not one of 2, 1.1`);
  if (protocol === "grpc") {
    throw new TypeError('protocol "grpc" needs HTTP/2, and httpVersion is "1.1": connect and grpc-web go over either');
  }
  if (transport === "wire") throw new TypeError('transport "wire" speaks HTTP/2, and httpVersion is "1.1"');
  return "http1";
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
