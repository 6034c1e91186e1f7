import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { nameFetchErrors } from "./fetch-errors.ts";
import type { Settings } from "./options.ts";

/** Creates a transport over the browser's `fetch`. Throws a `TypeError` for gRPC, which no browser can speak. */
export function createWebTransport(settings: Settings, interceptors: Interceptor[]): Transport {
  const { baseUrl, protocol, format } = settings;
  const options = {
    baseUrl,
    interceptors: [...interceptors, nameFetchErrors(), keepToCors()],
    useBinaryFormat: format === "binary",
  };
  switch (protocol) {
    case "connect":
      return createConnectTransport(options);
    case "grpc-web":
      return createGrpcWebTransport(options);
    case "grpc":
      throw new TypeError('protocol "grpc" is not possible in a browser: choose connect or grpc-web');
  }
}

/**
 * Leaves out how often a call was tried: a server of another origin lists the headers that pages may send, by
 * Connect's advice those of the protocols, and a browser has no call done that has others.
 */
function keepToCors(): Interceptor {
  return next => request => {
    request.header.delete("grpc-previous-rpc-attempts");
    return next(request);
  };
}
