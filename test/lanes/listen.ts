import { type FastifyInstance, type FastifyServerOptions, fastify } from "fastify";
import type { Lane } from "../../host/lanes/lane.ts";
import type { ListenerLimits } from "../../host/listener/limits.ts";
import { createOnePort, type HttpEngine } from "../../host/listener/one-port.ts";
import { testEngine } from "../support/engine.ts";

/** A server for one test, on a free port of the loopback. */
export interface TestServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/** How a test server is made. */
export interface TestServerOptions {
  readonly logger?: FastifyServerOptions["logger"];
  /** The lane's, for the calls it answers ahead of the host. */
  readonly expressWay?: Lane["express"];
  /** What serves HTTP/2; the default of the listener where it is left out. */
  readonly httpEngine?: HttpEngine | undefined;
  readonly limits?: Partial<ListenerLimits>;
}

/** Listens for HTTP/1.1 and HTTP/2 on one port, in the clear. */
export async function listen(
  mount: (app: FastifyInstance) => void | Promise<void>,
  { logger = false, expressWay: express, httpEngine = testEngine, limits }: TestServerOptions = {},
): Promise<TestServer> {
  const onePort = createOnePort({ limits: { lingerMs: 1, ...limits }, express, httpEngine });
  const app = fastify({ logger, forceCloseConnections: false, serverFactory: onePort.serverFactory });
  await mount(app);
  await app.ready();
  const [address] = await onePort.listen({ host: "127.0.0.1", port: 0 });
  const port = address?.port ?? 0;
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      onePort.destroy();
      await onePort.drain(0);
      await app.close();
    },
  };
}
