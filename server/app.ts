import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { Code, ConnectError } from "@connectrpc/connect";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { createDirectory } from "./directory/directory.ts";
import { createFeed, type Feed } from "./directory/feed/feed.ts";
import { createTrimmer } from "./directory/feed/trimmer.ts";
import { addressOf, callContextValues } from "./interceptors/call-info.ts";
import { createChain } from "./interceptors/chain.ts";
import { requestIdOf } from "./interceptors/request-id.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import { createOnePort } from "./listener/one-port.ts";
import { createLogger } from "./logger.ts";
import { answerNotFound } from "./not-found.ts";
import { page } from "./page.ts";
import { logRequests } from "./request-log.ts";
import { createRoutes } from "./services/routes.ts";
import { openStore } from "./store/open-store.ts";

const hour = 3_600_000;
/** How long a request id is known: a retry within it answers what the first try answered. */
const day = 24 * hour;

/** A server that is put together and does not listen yet. */
export interface App extends AsyncDisposable {
  /** The host, for further routes and hooks; not for `listen`. */
  readonly fastify: FastifyInstance;
  /** What happens in the directory; also the gauge of its subscribers. */
  readonly feed: Feed;
  /** Listens where the settings say. Throws Node's error (EADDRINUSE, EACCES, …). */
  listen(): Promise<AddressInfo[]>;
  /**
   * Drains: streams end with UNAVAILABLE, connections with GOAWAY, unary calls in flight are finished within
   * `shutdownGraceMs`, then cut. Resolves when all is closed; later calls answer the same promise.
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
  const feed = createFeed({
    store,
    maxSubscribers: config.feedMaxSubscribers,
    maxSubscribersPerCaller: config.feedMaxSubscribersPerCaller,
    bookmarkIntervalMs: config.feedBookmarkIntervalMs,
  });
  const limits = {
    maxEvents: config.feedMaxEvents,
    maxEventAgeMs: config.feedMaxAgeHours * hour,
    maxRequestAgeMs: day,
  };
  opened.use(createTrimmer({ store, limits, onError: err => log.warn({ err }, "old events could not be removed") }));

  const onePort = createOnePort(config);
  const shutdown = new AbortController();
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    serverFactory: onePort.serverFactory,
    // The chain logs calls, in one line each.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: request => requestIdOf(request.headers),
  });

  logRequests(app, log);
  app.addHook("onRequest", answerNotFound);
  app.addHook("preClose", async () => {
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    await onePort.drain(config.shutdownGraceMs);
  });
  await connectLane(app, {
    routes: createRoutes({
      greeter: { serverId: hostname(), streamIntervalMs: config.greeterStreamIntervalMs },
      directory,
      feed,
      callerOf: addressOf,
    }),
    interceptors: createChain({ log }),
    contextValues: callContextValues,
    maxMessageBytes: config.maxMessageBytes,
    maxDeadlineMs: config.maxDeadlineMs,
    shutdownSignal: shutdown.signal,
  });
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
  return { fastify: app, feed, listen, close, abort: () => onePort.destroy(), [Symbol.asyncDispose]: close };
}
