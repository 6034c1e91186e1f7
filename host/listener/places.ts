import type { Connection } from "./connection.ts";

/** The connections of one network. */
type Network = Set<Connection>;

/**
 * The connections of a listener by the networks that they come from, and which of them gives way to a new one. All looks are
 * in proportion to what is open, and taken only where there is no room.
 */
export class Places {
  readonly #networks = new Map<string, Network>();

  /** Takes a connection, unless it counts for no network. */
  add(connection: Connection): void {
    const { network } = connection;
    if (network === undefined) return;
    const known = this.#networks.get(network);
    if (known === undefined) this.#networks.set(network, new Set([connection]));
    else known.add(connection);
  }

  /** Forgets a connection that has closed, or is told to. */
  delete(connection: Connection): void {
    const { network = "" } = connection;
    const known = this.#networks.get(network);
    known?.delete(connection);
    if (known?.size === 0) this.#networks.delete(network);
  }

  /** How many a network has. */
  sizeOf(network: string): number {
    return this.#networks.get(network)?.size ?? 0;
  }

  /** The connection of a network that was without a request for longest; undefined where each has one. */
  idlestOf(network: string): Connection | undefined {
    return idlest(this.#networks.get(network) ?? []);
  }

  /** The same of the network that has most connections among those that have one without a request. */
  idlestOfLargest(): Connection | undefined {
    let found: Connection | undefined;
    let size = 0;
    for (const network of this.#networks.values()) {
      if (network.size <= size) continue;
      const candidate = idlest(network);
      if (candidate === undefined) continue;
      found = candidate;
      size = network.size;
    }
    return found;
  }
}

function idlest(network: Iterable<Connection>): Connection | undefined {
  let found: Connection | undefined;
  let since = Number.POSITIVE_INFINITY;
  for (const connection of network) {
    const { idleSince } = connection;
    if (idleSince === undefined || idleSince >= since) continue;
    found = connection;
    since = idleSince;
  }
  return found;
}
