import { once } from "node:events";
import * as net from "node:net";

/** A TCP server that does with its connections as a test says. */
export interface TcpServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
  /** Connections so far. */
  readonly connections: number;
}

/** Starts a server on a free port; `onConnection` gets each connection and its number, from 1. */
export async function startTcp(onConnection: (socket: net.Socket, number: number) => void): Promise<TcpServer> {
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer(socket => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    onConnection(socket, ++connections);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Hands a connection on to another port, both ways. */
export function passOn(socket: net.Socket, port: number): void {
  const onward = net.connect(port, "127.0.0.1");
  onward.on("error", () => socket.destroy());
  socket.once("close", () => onward.destroy());
  socket.pipe(onward).pipe(socket);
}
