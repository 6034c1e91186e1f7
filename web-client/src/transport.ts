import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

/** The ways a browser can speak to the service: the value of each one's radio button, and its name. */
export const PROTOCOL_NAMES = {
  "connect-json": "Connect JSON",
  "connect-binary": "Connect binary",
  "grpc-web": "gRPC-Web",
} as const;

/** A key of {@link PROTOCOL_NAMES}. */
export type Protocol = keyof typeof PROTOCOL_NAMES;

/** What {@link createTransport} needs to know. */
export interface TransportOptions {
  /** How messages are framed and encoded. */
  protocol: Protocol;
  /** Scheme, host and port of the service, without a path: `http://localhost:50051`. */
  baseUrl: string;
  /** Sent with each call as a bearer token; empty for none. */
  token: string;
}

/** Creates the transport that speaks `protocol` to the service at `baseUrl`. Nothing is sent before the first call. */
export function createTransport({ protocol, baseUrl, token }: TransportOptions): Transport {
  const interceptors = token === "" ? [] : [bearer(token)];
  switch (protocol) {
    case "connect-json":
      return createConnectTransport({ baseUrl, interceptors, useBinaryFormat: false });
    case "connect-binary":
      return createConnectTransport({ baseUrl, interceptors, useBinaryFormat: true });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, interceptors, useBinaryFormat: true });
  }
}

/** Signs each call in. */
function bearer(token: string): Interceptor {
  return next => request => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}

/** Tells whether `value` is the key of a protocol. */
export function isProtocol(value: unknown): value is Protocol {
  return typeof value === "string" && Object.hasOwn(PROTOCOL_NAMES, value);
}
