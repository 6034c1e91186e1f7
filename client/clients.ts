import type { DescService } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { createClient } from "./create-client.ts";
import type { ManagedTransport } from "./layers.ts";

/** Clients of several services on one transport. */
export interface Clients<Services extends readonly DescService[]> extends AsyncDisposable {
  /** One of each service, in their order. */
  readonly clients: { readonly [Index in keyof Services]: Client<Services[Index]> };
  /** What they share, for clients of further services. */
  readonly transport: ManagedTransport;
  /** Closes the transport. */
  close(): void;
}

/** Puts clients of services on a transport, which they own. */
export function createClientsOn<const Services extends readonly DescService[]>(
  transport: ManagedTransport,
  services: Services,
): Clients<Services> {
  const clients = services.map(service => createClient(service, transport));
  return {
    clients: clients as unknown as Clients<Services>["clients"],
    transport,
    close: () => transport.close(),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
