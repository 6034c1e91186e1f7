import * as http from "node:http";
import * as net from "node:net";
import { TLSSocket } from "node:tls";
import type { Express } from "../lanes/lane.ts";
import { splitTarget } from "../lanes/request-target.ts";
import { bind } from "./bind.ts";
import { limitBodies } from "./body-timer.ts";
import type { Connection } from "./connection.ts";
import { createConnections, type OpenConnection } from "./connections.ts";
import { createFastPath } from "./engine-http1.ts";
import { createEngineHttp2 } from "./engine-http2.ts";
import { continueRequest } from "./expectations.ts";
import { http1Options } from "./http-options.ts";
import { defaultLimits, type ListenerLimits } from "./limits.ts";
import { createNodeHttp2 } from "./node-http2.ts";
import { createPlaintext } from "./plaintext.ts";
import type { PortCounts } from "./port-counts.ts";
import { readProtocol } from "./read-protocol.ts";
import { createSecureFront, type SecureFrontOptions } from "./secure-front.ts";

/** Milliseconds of silence after which TCP asks for a sign of life: HTTP/1.1 has no PING of its own. */
const tcpKeepaliveMs = 60_000;

/** How a port's connections are accepted: a client that has ended its side may still be answered. */
export const acceptOptions: net.ServerOpts = {
  noDelay: true,
  allowHalfOpen: true,
  keepAlive: true,
  keepAliveInitialDelay: tcpKeepaliveMs,
};

/** One port for HTTP/1.1 and for HTTP/2: with prior knowledge, or over TLS by ALPN. */
export interface OnePort {
  /** For Fastify's option of this name: both HTTP versions reach its routes. */
  readonly serverFactory: (handler: http.RequestListener) => http.Server;
  /** The open connections, over all addresses. */
  readonly connectionCount: number;
  /** The open connections, the oldest first. */
  readonly openConnections: Iterable<OpenConnection>;
  /** What there has been, and what is open now. Looks at each open connection. */
  counts(): PortCounts;
  /**
   * Listens, in place of Fastify's own `listen`, which knows one HTTP version alone; call `ready()` first.
   *
   * "localhost" is both loopback families; port 0 takes a free one. Throws Node's error (EADDRINUSE, EACCES, …).
   */
  listen(options: { readonly host: string; readonly port: number }): Promise<net.AddressInfo[]>;
  /**
   * Serves connections that something else accepts, in the place of `listen`; call `ready()` first. Returns what takes each
   * of them, as `acceptOptions` has them, with nothing read.
   */
  takeConnections(): (socket: net.Socket) => void;
  /** Serves as before, and asks HTTP/1.1 clients to send their next requests elsewhere. */
  announceDrain(): void;
  /**
   * Stops accepting, sends GOAWAY, closes idle connections, lets calls in flight finish, and cuts what is left after
   * `graceMs`. Resolves when no connection is open; may be called again with a shorter grace.
   */
  drain(graceMs: number): Promise<void>;
  /** Cuts every connection at once. */
  destroy(): void;
  /** Reads the certificates again, where there are any. */
  reloadCertificates(): void;
}

/** How a port serves. */
export interface OnePortOptions {
  /** Unset ones are `defaultLimits`. */
  readonly limits?: Partial<ListenerLimits>;
  /** Serves TLS alone; without it the port is cleartext. */
  readonly tls?: SecureFrontOptions | undefined;
  /** Has the first look at each request; what it leaves comes to the handler. By default all does. */
  readonly express?: Express | undefined;
  /** Whether the requests of a path, as it was sent, may take as long as they like, message by message. None may by default. */
  readonly mayStayOpen?: (path: string) => boolean;
  /** Whether the peer at an address is a proxy, whose connections keep to no network's share. None is by default. */
  readonly isProxy?: (address: string) => boolean;
  /** Hears which limit ended a connection or a request, and its peer's address. */
  readonly onCut?: (reason: string, peer: string) => void;
  /** What serves HTTP/2: our own engine, or `node:http2`. Defaults to `engine`. */
  readonly httpEngine?: HttpEngine;
  /** Hears of an exception that has ended a connection of our engine. By default it is thrown, and ends the process. */
  readonly onFailure?: (error: unknown) => void;
}

/** What serves HTTP/2. */
export type HttpEngine = "engine" | "node";

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Creates the port. Throws `CertificateError`. */
export function createOnePort(options: OnePortOptions = {}): OnePort {
  const { express, mayStayOpen = () => false, onCut = () => undefined } = options;
  const { httpEngine = "engine", onFailure = throwLater, isProxy = () => false } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const h1 = http.createServer(http1Options(limits));
  const connections = createConnections({ limits, onCut, isProxy });
  const bySocket = new WeakMap<net.Socket, Connection>();
  const secure = options.tls && createSecureFront(options.tls);
  const plaintext = createPlaintext();
  let fronts: net.Server[] = [];

  function serveHttp1(socket: net.Socket, connection: Connection) {
    bySocket.set(socket, connection);
    connection.startHttp1();
    h1.emit("connection", socket);
    // Whoever listens gets the bytes by way of the stream. Left alone, Node's parser takes them from the TLS handle, which
    // goes on when told to stop: with an answer still being sent, the next request fails as "Parse Error: Paused".
    if (socket instanceof TLSSocket) socket.on("data", () => undefined);
  }
  // What is no plain call of the express way is node:http's, and so is all that follows it on its connection.
  const fastPath =
    httpEngine === "engine" && express
      ? createFastPath({ limits, express, isOpenEnded, onFailure, handOver: serveHttp1 })
      : serveHttp1;

  /** Goes by the first bytes. */
  function serve(socket: net.Socket, connection: Connection) {
    readProtocol(socket, protocol => {
      if (protocol === "http1") fastPath(socket, connection);
      else if (protocol === "http2") h2.serve(socket, connection);
      else socket.destroy();
    });
  }
  function serveSecure(raw: net.Socket, connection: Connection, front: NonNullable<typeof secure>) {
    readProtocol(raw, protocol => {
      if (protocol === "http1") plaintext.redirect(raw);
      else if (protocol === "http2") plaintext.refuse(raw);
      else {
        // TLS has an end of its own, and Node's servers take it for the client's leaving.
        raw.allowHalfOpen = false;
        front.accept(raw, socket => {
          const { alpnProtocol } = socket;
          if (alpnProtocol === "h2") h2.serve(socket, connection);
          else if (alpnProtocol === "http/1.1") fastPath(socket, connection);
          // Without ALPN the preface decides.
          else serve(socket, connection);
        });
      }
    });
  }
  function take(socket: net.Socket) {
    const connection = connections.add(socket);
    if (connection === undefined) return;
    if (secure) serveSecure(socket, connection, secure);
    else serve(socket, connection);
  }
  const limitBody = limitBodies(limits.bodyTimeoutMs, socket => {
    onCut("body", `${socket?.remoteAddress}:${socket?.remotePort}`);
  });
  /** Whether a request's body may take as long as it likes. */
  function isOpenEnded(url = ""): boolean {
    return mayStayOpen(splitTarget(url).path);
  }
  const http2Options = { limits, express, isOpenEnded, onCut };
  const h2 =
    httpEngine === "engine" ? createEngineHttp2({ ...http2Options, onFailure }) : createNodeHttp2(http2Options);

  return {
    serverFactory(handler) {
      h1.on("request", (request, response) => {
        bySocket.get(request.socket)?.serve(response);
        limitBody({ request, response }, isOpenEnded(request.url));
        if (!express?.takeRequest(request, response)) handler(request, response);
      });
      // In place of `request`.
      h1.on("checkContinue", (request, response) => {
        continueRequest(request, response);
        h1.emit("request", request, response);
      });
      h2.handleBy(handler);
      return h1;
    },
    get connectionCount() {
      return connections.size;
    },
    openConnections: connections.all,
    counts: () => ({ ...connections.count(), ...h2.counts }),
    async listen({ host, port }) {
      fronts = await bind(() => net.createServer(acceptOptions, take), host, port);
      // Without this event Node never checks the timeouts of connections that are handed over.
      h1.emit("listening");
      return fronts.map(front => front.address() as net.AddressInfo);
    },
    takeConnections() {
      h1.emit("listening");
      return take;
    },
    announceDrain: () => connections.announce(),
    async drain(graceMs) {
      for (const front of fronts) front.close();
      secure?.close();
      h1.close();
      const drained = connections.drain(graceMs);
      h1.closeIdleConnections();
      await drained;
    },
    destroy: () => connections.destroy(),
    reloadCertificates: () => secure?.reload(),
  };
}
