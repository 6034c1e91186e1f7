import type { Socket } from "node:net";
import { passOn, startTcp } from "../../support/tcp-server.ts";

/** Hands connections on to a server, and counts them and their bytes. */
export interface CountedRelay extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
  /** Connections so far. */
  readonly connections: number;
  /** Bytes so far, to the server and back. */
  readonly bytes: { readonly sent: number; readonly received: number };
}

/** Starts a relay to a port, on a free one. */
export async function startCountedRelay(port: number): Promise<CountedRelay> {
  const sockets: Socket[] = [];
  const tcp = await startTcp(socket => {
    sockets.push(socket);
    passOn(socket, port);
  });
  return {
    baseUrl: tcp.baseUrl,
    get connections() {
      return tcp.connections;
    },
    get bytes() {
      const sum = (of: "bytesRead" | "bytesWritten") => sockets.reduce((bytes, socket) => bytes + socket[of], 0);
      return { sent: sum("bytesRead"), received: sum("bytesWritten") };
    },
    [Symbol.asyncDispose]: () => tcp[Symbol.asyncDispose](),
  };
}
