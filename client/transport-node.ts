import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { awaitConnection } from "./connection/await-connection.ts";
import { Connections } from "./connection/connections.ts";
import { nameStreamErrors } from "./connection/stream-errors.ts";
import type { Settings } from "./options.ts";

/** What TLS needs to know; PEM text. Used with an https `baseUrl`. */
export interface TlsOptions {
  /** The authorities that may have signed the server's certificate. Default: those that Node.js trusts. */
  readonly ca?: string;
  /** The client's certificate chain, where the server asks for one. */
  readonly cert?: string;
  /** The client certificate's private key. */
  readonly key?: string;
}

/** A transport, and the end of its connections. */
export interface OwnedTransport {
  readonly transport: Transport;
  /** Closes every connection; calls in flight end with CANCELED. */
  close(): void;
}

/**
 * Creates a transport over HTTP/2; without TLS that is HTTP/2 by prior knowledge. Throws a `TypeError` that names the option
 * which is wrong.
 */
export function createNodeTransport(settings: Settings, interceptors: Interceptor[], tls: TlsOptions): OwnedTransport {
  const { baseUrl, protocol, format } = settings;
  check(baseUrl, tls);
  const sessionManager = new Connections(baseUrl, { ...tls });
  const common = {
    baseUrl,
    interceptors: [...interceptors, nameStreamErrors(), awaitConnection(sessionManager)],
    sessionManager,
    useBinaryFormat: format === "binary",
  };
  return {
    transport: transportOf[protocol](common),
    close: () => sessionManager.close(),
  };
}

function check(baseUrl: string, { ca, cert, key }: TlsOptions): void {
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(`tls.${cert === undefined ? "cert" : "key"} is missing: a client certificate needs both`);
  }
  if ((ca ?? cert) !== undefined && new URL(baseUrl).protocol === "http:") {
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

type CommonOptions = Pick<
  Parameters<typeof createGrpcTransport>[0],
  "baseUrl" | "interceptors" | "sessionManager" | "useBinaryFormat"
>;

const transportOf: Record<Settings["protocol"], (options: CommonOptions) => Transport> = {
  connect: options => createConnectTransport({ ...options, httpVersion: "2" }),
  grpc: options => createGrpcTransport(options),
  "grpc-web": options => createGrpcWebTransport({ ...options, httpVersion: "2" }),
};
