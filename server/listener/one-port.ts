import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { callMessages } from "../lanes/http2-messages.ts";
import { bind } from "./bind.ts";
import { trackConnections } from "./connections.ts";
import { defaultLimits, type ListenerLimits, maxHeaderBytes, maxHeaderListPairs, maxSessionMemory } from "./limits.ts";
import { sniffProtocol } from "./sniff.ts";

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** One cleartext port for HTTP/1.1 and for HTTP/2 with prior knowledge. */
export interface OnePort {
  /** For Fastify's option of this name: both HTTP versions reach its routes. */
  readonly serverFactory: (handler: Handler) => http.Server;
  /** The open connections, over all addresses. */
  readonly connectionCount: number;
  /**
   * Listens, in place of Fastify's own `listen`, which knows one HTTP version alone; call `ready()` first.
   *
   * "localhost" is both loopback families; port 0 takes a free one. Throws Node's error (EADDRINUSE, EACCES, …).
   */
  listen(options: { readonly host: string; readonly port: number }): Promise<net.AddressInfo[]>;
  /**
   * Stops accepting, sends GOAWAY, closes idle connections, lets calls in flight finish, and cuts what is left after
   * `graceMs`. Resolves when no connection is open.
   */
  drain(graceMs: number): Promise<void>;
  /** Cuts every connection at once. */
  destroy(): void;
}

/** Creates the port. Unset limits are `defaultLimits`. */
export function createOnePort(limits: Partial<ListenerLimits> = {}): OnePort {
  const { maxStreamsPerConnection, maxConnections, sniffTimeoutMs, headersTimeoutMs } = { ...defaultLimits, ...limits };
  const h1 = http.createServer({ headersTimeout: headersTimeoutMs, maxHeaderSize: maxHeaderBytes });
  const h2 = http2.createServer({
    ...callMessages,
    maxSessionMemory,
    maxHeaderListPairs,
    settings: { maxConcurrentStreams: maxStreamsPerConnection, enablePush: false },
  });
  const connections = trackConnections(h1, h2);
  let fronts: net.Server[] = [];

  function createFront() {
    const front = net.createServer({ noDelay: true, allowHalfOpen: true }, socket => {
      connections.add(socket);
      sniff(socket, sniffTimeoutMs, protocol => {
        connections.understood(socket);
        if (protocol === "tls") socket.destroy();
        else (protocol === "http2" ? h2 : h1).emit("connection", socket);
      });
    });
    front.maxConnections = maxConnections;
    return front;
  }

  return {
    serverFactory(handler) {
      h1.on("request", handler);
      // The compatibility layer's objects are what Fastify expects of HTTP/2, too.
      h2.on("request", handler as unknown as (q: http2.Http2ServerRequest, s: http2.Http2ServerResponse) => void);
      return h1;
    },
    get connectionCount() {
      return connections.size;
    },
    async listen({ host, port }) {
      fronts = await bind(createFront, host, port);
      // Without this event Node never checks the timeouts of connections that are handed over.
      h1.emit("listening");
      return fronts.map(front => front.address() as net.AddressInfo);
    },
    async drain(graceMs) {
      for (const front of fronts) front.close();
      h1.close();
      await connections.drain(graceMs);
    },
    destroy: () => connections.destroy(),
  };
}

/** Reads until the protocol is known, gives the bytes back, and calls `decided`; closes the socket where it takes too long. */
function sniff(socket: net.Socket, timeoutMs: number, decided: (protocol: "http1" | "http2" | "tls") => void) {
  let head = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);

  function stop() {
    clearTimeout(timer);
    socket.off("readable", read).off("end", close).off("close", stop);
  }
  function close() {
    socket.destroy();
  }
  function read() {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const protocol = sniffProtocol(head);
    if (protocol === undefined) return;
    stop();
    socket.unshift(head);
    decided(protocol);
  }
  // Stays on: a connection that breaks is closed, and the protocols' own listeners do the rest.
  socket.on("error", close);
  // Whoever half-closes or leaves before it is understood has nothing more to say.
  socket.on("readable", read).once("end", close).once("close", stop);
}
