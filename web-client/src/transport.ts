import type { Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

/** The ways a browser can speak to the service, by the value of their radio button. */
export const PROTOCOLS = ["connect-json", "connect-binary", "grpc-web"] as const;

/** One of {@link PROTOCOLS}. */
export type Protocol = (typeof PROTOCOLS)[number];

/** What {@link createTransport} needs to know. */
export interface TransportOptions {
  /** How messages are framed and encoded. */
  protocol: Protocol;
  /** Scheme, host and port of the service, without a path: `http://localhost:50051`. */
  baseUrl: string;
}

/** Creates the transport that speaks `protocol` to the service at `baseUrl`. Nothing is sent before the first call. */
export function createTransport({ protocol, baseUrl }: TransportOptions): Transport {
  switch (protocol) {
    case "connect-json":
      return createConnectTransport({ baseUrl, useBinaryFormat: false });
    case "connect-binary":
      return createConnectTransport({ baseUrl, useBinaryFormat: true });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, useBinaryFormat: true });
  }
}

/** Tells whether `value` names a protocol. */
export function isProtocol(value: unknown): value is Protocol {
  return PROTOCOLS.some(protocol => protocol === value);
}
