/** How a client may speak: Connect and gRPC-Web reach servers through any proxy, gRPC needs HTTP/2 all the way. */
export const protocols = ["connect", "grpc", "grpc-web"] as const;

/** One of {@link protocols}. */
export type Protocol = (typeof protocols)[number];
