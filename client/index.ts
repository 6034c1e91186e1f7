import { assemble, type Concierge, createInterceptors } from "./concierge.ts";
import { type ConciergeOptions, toSettings } from "./options.ts";
import { createNodeTransport, type TlsOptions } from "./transport-node.ts";

export * from "./api.ts";
export type { TlsOptions } from "./transport-node.ts";

/** What a client on Node.js needs to know. */
export interface NodeConciergeOptions extends ConciergeOptions {
  /** Default: no client certificate, and the authorities that Node.js trusts. */
  readonly tls?: TlsOptions;
}

/**
 * Creates a client of every service, over HTTP/2. Nothing is sent before the first call. Throws a `TypeError` or
 * `RangeError` that names the option which is wrong.
 */
export function createConcierge({ tls = {}, ...options }: NodeConciergeOptions): Concierge {
  const settings = toSettings(options);
  const { transport, close } = createNodeTransport(settings, createInterceptors(settings), tls);
  return assemble(transport, settings, close);
}
