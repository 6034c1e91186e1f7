import type { NodeClientOptions } from "../../client/node-endpoint.ts";
import { createTransport as createAny } from "../../client/transport-node.ts";

/** Stands in for the transport of the client's entry. */
export function createTransport(options: NodeClientOptions) {
  return createAny({ ...options, transport: "node" });
}
