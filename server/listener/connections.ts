import type * as http from "node:http";
import type * as http2 from "node:http2";
import type * as net from "node:net";

/** The open connections of a listener, and how they end. */
export interface Connections {
  readonly size: number;
  /** Counts a socket. Nothing is in flight on it until `understood` is called. */
  add(socket: net.Socket): void;
  /** One of the two servers has the socket from now on. */
  understood(socket: net.Socket): void;
  /**
   * Ends each connection as soon as nothing is in flight on it, and after `graceMs` whatever is. Resolves when none
   * is left; may be called again with a shorter grace.
   */
  drain(graceMs: number): Promise<void>;
  /** Cuts all of them now. */
  destroy(): void;
}

/** Follows the sockets, HTTP/2 sessions and HTTP/1.1 responses of two servers that share their sockets. */
export function trackConnections(h1: http.Server, h2: http2.Http2Server): Connections {
  const sockets = new Set<net.Socket>();
  const undecided = new Set<net.Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const responses = new Set<http.ServerResponse>();
  const waiting: (() => void)[] = [];
  let draining = false;

  h2.on("session", session => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    // The stream's own error says what the client may know; an unhandled one would end the process.
    session.on("error", () => session.destroy());
    if (draining) session.close();
  });

  h1.prependListener("request", (_request, response) => {
    responses.add(response);
    if (draining) response.shouldKeepAlive = false;
    response.once("close", () => {
      responses.delete(response);
      if (draining) response.socket?.destroySoon();
      if (draining) h1.closeIdleConnections();
    });
  });

  function destroy() {
    for (const socket of sockets) socket.destroy();
  }

  return {
    get size() {
      return sockets.size;
    },
    add(socket) {
      sockets.add(socket);
      undecided.add(socket);
      socket.once("close", () => {
        sockets.delete(socket);
        undecided.delete(socket);
        if (sockets.size === 0) for (const resolve of waiting.splice(0)) resolve();
      });
    },
    understood: socket => undecided.delete(socket),
    async drain(graceMs) {
      draining = true;
      for (const socket of undecided) socket.destroy();
      for (const session of sessions) session.close();
      for (const response of responses) response.shouldKeepAlive = false;
      h1.closeIdleConnections();
      if (sockets.size === 0) return;
      const timer = setTimeout(destroy, graceMs);
      await new Promise<void>(resolve => waiting.push(resolve));
      clearTimeout(timer);
    },
    destroy,
  };
}
