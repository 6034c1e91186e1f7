import type { Socket } from "node:net";
import { peerText } from "../interceptors/call-source.ts";
import { networkOf } from "../interceptors/network.ts";
import { Connection, type ConnectionFollower } from "./connection.ts";
import type { ListenerLimits } from "./limits.ts";
import { Places } from "./places.ts";
import type { PortCounts } from "./port-counts.ts";

/** Of all connections, how many may be on their way out to make room for others, before the first of them is cut. */
const leavingShare = 0.1;

/** What is told of an open connection. */
export type OpenConnection = Pick<Connection, "peer" | "protocol" | "openStreams" | "openedAt" | "idleSince">;

/** The open connections of a listener, and how they end. */
export interface Connections {
  readonly size: number;
  /** Those that are open, the oldest first. */
  readonly all: Iterable<OpenConnection>;
  /** How many there have been, and what those that are open speak. Looks at each of them. */
  count(): Pick<PortCounts, "accepted" | "dropped" | "open" | "openStreams">;
  /** Takes a socket that was just accepted. Returns undefined where there is no room: the socket is closed. */
  add(socket: Socket): Connection | undefined;
  /** Asks HTTP/1.1 clients to send their next requests elsewhere, while all are served. */
  announce(): void;
  /**
   * Retires each connection, and after `graceMs` cuts what is left. Resolves when none is; may be called again with a
   * shorter grace.
   */
  drain(graceMs: number): Promise<void>;
  /** Cuts all of them now. */
  destroy(): void;
}

/** How connections are followed. */
export interface ConnectionsOptions {
  readonly limits: ListenerLimits;
  /** Hears which limit ended a connection, and its peer's address. */
  readonly onCut: (reason: string, peer: string) => void;
  /** Whether the peer at an address is a proxy: its connections are many clients', and have no share to keep to. */
  readonly isProxy: (address: string) => boolean;
}

/**
 * Follows connections. Where there is no room for a new one, be it among all or within its network's share, the idlest gives
 * way to it: of that network, or of the one that has most. Where each has a request on it, the new one is closed.
 */
export function createConnections({ limits, onCut, isProxy }: ConnectionsOptions): Connections {
  const open = new Set<Connection>();
  const places = new Places();
  /** Those that were told to make room, oldest first. They count no more. */
  const leaving = new Set<Connection>();
  const waiting: (() => void)[] = [];
  let accepted = 0;
  let dropped = 0;
  let announced = false;
  let draining = false;

  function destroy() {
    for (const connection of open) connection.cut("drain");
  }
  function announce() {
    announced = true;
    for (const connection of open) connection.closeAfterResponse();
  }
  /** The network that a socket's connection counts for; undefined where it has no share to keep to. */
  function sharedNetwork({ remoteAddress }: Socket): string | undefined {
    // The other end of a Unix domain socket has no address.
    return remoteAddress === undefined || isProxy(remoteAddress) ? undefined : networkOf(remoteAddress);
  }
  /** Makes room for one more connection. Returns false where there is none. */
  function makeRoom(network: string | undefined): boolean {
    let idlest: Connection | undefined;
    if (network !== undefined && places.sizeOf(network) >= limits.maxConnectionsPerNetwork) {
      idlest = places.idlestOf(network);
    } else if (open.size - leaving.size >= limits.maxConnections) idlest = places.idlestOfLargest();
    else return true;
    if (idlest === undefined) return false;
    places.delete(idlest);
    leaving.add(idlest);
    idlest.giveWay();
    const [first] = leaving;
    if (leaving.size > Math.ceil(limits.maxConnections * leavingShare)) first?.cut("crowded");
    return true;
  }

  const follower: ConnectionFollower = {
    cut: (connection, reason) => onCut(reason, connection.peer),
    closed(connection) {
      open.delete(connection);
      places.delete(connection);
      leaving.delete(connection);
      if (open.size === 0) for (const resolve of waiting.splice(0)) resolve();
    },
  };

  return {
    get size() {
      return open.size;
    },
    all: open,
    count() {
      const counts = { http1: 0, http2: 0, none: 0 };
      let openStreams = 0;
      for (const connection of open) {
        counts[connection.protocol ?? "none"]++;
        openStreams += connection.openStreams;
      }
      return { accepted, dropped, open: counts, openStreams };
    },
    add(socket) {
      const network = sharedNetwork(socket);
      if (!makeRoom(network)) {
        dropped++;
        onCut("connections", peerText(socket.remoteAddress, socket.remotePort));
        socket.destroy();
        return undefined;
      }
      const connection = new Connection(socket, network, limits, follower);
      accepted++;
      open.add(connection);
      places.add(connection);
      if (announced) connection.closeAfterResponse();
      if (draining) connection.retire();
      return connection;
    },
    announce,
    async drain(graceMs) {
      announced = true;
      draining = true;
      for (const connection of open) connection.retire();
      if (open.size === 0) return;
      const timer = setTimeout(destroy, graceMs);
      await new Promise<void>(resolve => waiting.push(resolve));
      clearTimeout(timer);
    },
    destroy,
  };
}
