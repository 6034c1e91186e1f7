import type { DescMethod } from "@bufbuild/protobuf";

/** Attributes of spans, by the stable RPC conventions: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/ */
export const attribute = {
  system: "rpc.system.name",
  method: "rpc.method",
  status: "rpc.status_code",
  errorType: "error.type",
  peerAddress: "network.peer.address",
  peerPort: "network.peer.port",
} as const;

/** What a method is called, as a span and as an attribute. */
export function methodName({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

/** What the conventions call a protocol's system. */
export function systemOf(protocol: string): string {
  return protocol.startsWith("grpc") ? "grpc" : protocol === "connect" ? "connectrpc" : protocol;
}
