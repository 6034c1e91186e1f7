import type { Socket } from "node:net";
import { Connection } from "./connection.ts";
import type { ListenerLimits } from "./limits.ts";
import type { PortCounts } from "./port-counts.ts";

/** The open connections of a listener, and how they end. */
export interface Connections {
  readonly size: number;
  /** How many there have been, and what those that are open speak. Looks at each of them. */
  count(): Pick<PortCounts, "accepted" | "open" | "openStreams">;
  /** Takes a socket that was just accepted. */
  add(socket: Socket): Connection;
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

/** Follows connections. `onCut` hears which limit ended one, and its peer's address. */
export function createConnections(limits: ListenerLimits, onCut: (reason: string, peer: string) => void): Connections {
  const open = new Set<Connection>();
  const waiting: (() => void)[] = [];
  let accepted = 0;
  let announced = false;
  let draining = false;

  function destroy() {
    for (const connection of open) connection.cut("drain");
  }
  function announce() {
    announced = true;
    for (const connection of open) connection.closeAfterResponse();
  }

  return {
    get size() {
      return open.size;
    },
    count() {
      const counts = { http1: 0, http2: 0, none: 0 };
      let openStreams = 0;
      for (const connection of open) {
        counts[connection.protocol ?? "none"]++;
        openStreams += connection.openStreams;
      }
      return { accepted, open: counts, openStreams };
    },
    add(socket) {
      accepted++;
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      const connection = new Connection(socket, limits, reason => onCut(reason, peer));
      open.add(connection);
      if (announced) connection.closeAfterResponse();
      if (draining) connection.retire();
      socket.once("close", () => {
        open.delete(connection);
        if (open.size === 0) for (const resolve of waiting.splice(0)) resolve();
      });
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
