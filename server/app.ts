import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { Code, ConnectError } from "@connectrpc/connect";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { createDirectory } from "./directory/directory.ts";
import { callContextValues } from "./interceptors/call-info.ts";
import { createChain } from "./interceptors/chain.ts";
import { requestIdOf } from "./interceptors/request-id.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import type { Lane } from "./lanes/lane.ts";
import { createWireLane } from "./lanes/wire-lane.ts";
import { createOnePort } from "./listener/one-port.ts";
import { createLogger } from "./logger.ts";
import { answerNotFound } from "./not-found.ts";
import { page } from "./page.ts";
import { logRequests } from "./request-log.ts";
import { createHealthRegistry } from "./services/health-registry.ts";
import { probes } from "./services/probes.ts";
import { createRoutes } from "./services/routes.ts";
import { storeDependency } from "./services/store-dependency.ts";
import { openStore } from "./store/open-store.ts";

const lanes: Readonly<Record<Config["lane"], () => Lane>> = { wire: createWireLane, connect: () => connectLane };

/** A server that is put together and does not listen yet. */
export interface App extends AsyncDisposable {
  /** The host, for further routes and hooks; not for `listen`. */
  readonly fastify: FastifyInstance;
  /** Listens where the settings say. Throws Node's error (EADDRINUSE, EACCES, …). */
  listen(): Promise<AddressInfo[]>;
  /**
   * Drains: health says NOT_SERVING, streams end with UNAVAILABLE, connections with GOAWAY, unary calls in flight are
   * finished within `shutdownGraceMs`, then cut. Resolves when all is closed; later calls answer the same promise.
   */
  close(): Promise<void>;
  /** Cuts what `close` still waits for. */
  abort(): void;
}

/**
 * Puts the server together: store → directory → services → chain → lane → listener. `log` is the one the settings ask for
 * by default. Throws `StoreOpenError` where the store can't be opened.
 */
export async function createApp(config: Config, log: Logger = createLogger(config)): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const store = opened.use(await openStore(config.databaseUrl));
  const directory = createDirectory({ store });
  if (config.demoData) await directory.addDemoUsers();

  const onePort = createOnePort(config);
  const shutdown = new AbortController();
  const health = createHealthRegistry();
  const services = createRoutes({
    greeter: { serverId: hostname(), streamIntervalMs: config.greeterStreamIntervalMs },
    directory,
    store: storeDependency(store),
    health,
    reflection: config.reflection,
  });
  const lane = lanes[config.lane]();
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    // The lane has the first look: what it answers itself never comes to the host's hooks.
    serverFactory: handler => onePort.serverFactory(lane.front?.(handler) ?? handler),
    // The chain logs calls, in one line each.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: request => requestIdOf(request.headers),
  });

  const watch = logRequests(app, log);
  app.addHook("onRequest", answerNotFound);
  app.addHook("preClose", async () => {
    health.shutdown();
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    await onePort.drain(config.shutdownGraceMs);
  });
  await lane(app, {
    routes(router) {
      for (const service of services) service.mount(router);
    },
    interceptors: createChain({ log }),
    contextValues: callContextValues,
    maxMessageBytes: config.maxMessageBytes,
    maxDeadlineMs: config.maxDeadlineMs,
    shutdownSignal: shutdown.signal,
    express: { requestId: requestIdOf, watch },
  });
  probes(app, health);
  await page(app);
  const resources = opened.move();
  app.addHook("onClose", () => resources.disposeAsync());

  let closed: Promise<void> | undefined;
  function close() {
    closed ??= app.close().then(() => undefined);
    return closed;
  }
  async function listen() {
    await app.ready();
    return onePort.listen(config);
  }
  return { fastify: app, listen, close, abort: () => onePort.destroy(), [Symbol.asyncDispose]: close };
}
