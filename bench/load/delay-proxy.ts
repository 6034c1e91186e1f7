import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A port that leads to another with a delay. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
}

/** Leads to a port of this machine; each byte comes so many milliseconds later, in either direction, and none waits for room. */
export async function delayProxy(port: number, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  function forward(from: Socket, to: Socket) {
    sockets.add(from);
    from.on("data", chunk => setTimeout(() => to.write(chunk), delayMs));
    from.on("end", () => setTimeout(() => to.end(), delayMs));
    from.on("error", () => to.destroy());
    from.on("close", () => sockets.delete(from));
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, near => {
    const far = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    forward(near, far);
    forward(far, near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
