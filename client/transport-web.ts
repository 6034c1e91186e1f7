import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { nameFetchErrors } from "./fetch-errors.ts";
import type { Settings } from "./options.ts";

/** Creates a transport over the browser's `fetch`. Throws a `TypeError` for gRPC, which no browser can speak. */
export function createWebTransport(settings: Settings, interceptors: Interceptor[]): Transport {
  const { baseUrl, protocol, format } = settings;
  const options = { baseUrl, interceptors: [...interceptors, nameFetchErrors()], useBinaryFormat: format === "binary" };
  switch (protocol) {
    case "connect":
      return createConnectTransport(options);
    case "grpc-web":
      return createGrpcWebTransport(options);
    case "grpc":
      throw new TypeError('protocol "grpc" is not possible in a browser: choose connect or grpc-web');
  }
}
