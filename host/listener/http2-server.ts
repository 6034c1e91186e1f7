import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import type { Express } from "../lanes/lane.ts";
import type { Connection } from "./connection.ts";
import type { ListenerLimits } from "./limits.ts";
import type { StreamCounts } from "./port-counts.ts";

/** Serves HTTP/2 on connections that were accepted elsewhere. */
export interface Http2Server {
  /** Serves a socket, cleartext or TLS, from its first byte on. */
  serve(socket: Socket, connection: Connection): void;
  /** What it has counted; nothing where `node:http2` serves. */
  readonly counts: StreamCounts;
  /** What the express way leaves is this handler's. To be called before the first connection. */
  handleBy(handler: RequestListener): void;
}

/** How HTTP/2 is served, whatever the engine. */
export interface Http2ServerOptions {
  readonly limits: ListenerLimits;
  readonly express: Express | undefined;
  /** Whether the body of a request to this path and query may take as long as it likes. */
  readonly isOpenEnded: (url: string) => boolean;
  /** Hears which limit ended a request, and its client's address. */
  readonly onCut: (reason: string, peer: string) => void;
}
