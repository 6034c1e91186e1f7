import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import type { SecureContextOptions } from "node:tls";
import { type FastifyInstance, type FastifyServerOptions, fastify } from "fastify";
import { callMessages } from "../../server/lanes/http2-messages.ts";
import type { Lane } from "../../server/lanes/lane.ts";

/** A server for one test, on a free port of the loopback. */
export interface TestServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or https. */
  readonly url: string;
}

/** How a test server is made. */
export interface TestServerOptions {
  readonly tls?: SecureContextOptions & { readonly requestCert?: boolean; readonly rejectUnauthorized?: boolean };
  readonly logger?: FastifyServerOptions["logger"];
  /** The lane's, for the calls it answers ahead of the host. */
  readonly front?: Lane["front"];
}

const preface = Buffer.from("PRI");

/**
 * Listens for HTTP/1.1 and HTTP/2 on one port, in the clear or, by ALPN, over TLS. Node's own HTTP/2 messages are used
 * over TLS, the lane's in the clear, so that both are seen to work.
 */
export async function listen(
  mount: (app: FastifyInstance) => void | Promise<void>,
  { tls, logger = false, front: frontOf }: TestServerOptions = {},
): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  let front: net.Server | undefined;
  const app = fastify({
    logger,
    forceCloseConnections: false,
    serverFactory(host) {
      const handler = frontOf?.(host) ?? host;
      const onRequest = handler as unknown as (q: http2.Http2ServerRequest, s: http2.Http2ServerResponse) => void;
      const h1 = http.createServer(handler);
      if (tls) front = http2.createSecureServer({ ...tls, allowHTTP1: true }, onRequest) as unknown as net.Server;
      else front = sniffing(h1, http2.createServer(callMessages, onRequest));
      return h1;
    },
  });
  await mount(app);
  await app.ready();
  if (!front) throw new Error("no server was made");
  const server: net.Server = front;
  server.on("connection", socket => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    app,
    port,
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
      await app.close();
    },
  };
}

function sniffing(h1: http.Server, h2: http2.Http2Server): net.Server {
  return net.createServer({ noDelay: true }, socket => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const head: Buffer | null = socket.read();
      if (head === null) return;
      socket.unshift(head);
      (head.subarray(0, preface.length).equals(preface) ? h2 : h1).emit("connection", socket);
    });
  });
}
