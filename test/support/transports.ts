import type { Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";

/** Each way a Connect client can call: protocol, codec and HTTP version. gRPC needs HTTP/2 in this client. */
export function transportsTo(baseUrl: string): Map<string, Transport> {
  const transports = new Map<string, Transport>();
  for (const useBinaryFormat of [true, false]) {
    const codec = useBinaryFormat ? "binary" : "JSON";
    transports.set(`gRPC ${codec}, HTTP/2`, createGrpcTransport({ baseUrl, useBinaryFormat }));
    for (const httpVersion of ["1.1", "2"] as const) {
      const options = { baseUrl, httpVersion, useBinaryFormat };
      transports.set(`Connect ${codec}, HTTP/${httpVersion}`, createConnectTransport(options));
      transports.set(`gRPC-Web ${codec}, HTTP/${httpVersion}`, createGrpcWebTransport(options));
    }
  }
  return transports;
}

/** Those of {@link transportsTo} that can send and receive at once. */
export function bidiTransportsTo(baseUrl: string): Map<string, Transport> {
  return new Map([...transportsTo(baseUrl)].filter(([form]) => form.endsWith("HTTP/2")));
}
