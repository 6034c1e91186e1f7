import { hostname } from "node:os";
import type { Logger } from "pino";
import { hostOptions } from "../host/host-settings.ts";
import {
  callerOf,
  createHost,
  createLogger,
  type Host,
  type HostOptions,
  type ListenerLimits,
  preEncode,
  sendHeaders,
} from "../host/index.ts";
import { hasAuth, isOfThisMachine } from "../host/settings/access-settings.ts";
import type { Config } from "./config/config.ts";
import { createDirectory } from "./directory/directory.ts";
import { createFeed, type Feed } from "./directory/feed/feed.ts";
import { createTrimmer } from "./directory/feed/trimmer.ts";
import { DirectoryMetrics } from "./directory-metrics.ts";
import { openTracing } from "./open-tracing.ts";
import { page } from "./page.ts";
import { createChatRelay } from "./services/chat-relay.ts";
import { createRoutes, endsInDrain } from "./services/routes.ts";
import { shareMetrics } from "./share-metrics.ts";
import { openStore } from "./store/open-store.ts";
import type { WorkerParts } from "./workers/worker-parts.ts";

/** The contracts with their comments; generated code has none. */
const descriptors = new URL("../gen/descriptors.binpb", import.meta.url);

const hour = 3_600_000;
/** How long a request id is known: a retry within it answers what the first try answered. */
const day = 24 * hour;

/** Concierge: a host that listens where its settings say. */
export interface App extends Host {
  /** What happens in the directory; also the gauge of its subscribers. */
  readonly feed: Feed;
}

/**
 * Puts the server together: store → directory → services → host. `log` is the one the settings ask for by default, and
 * `limits` go over those of the settings; `worker` is what there is beside them where it is one of several. Throws
 * `StoreOpenError` where the store can't be opened, and `PolicyError` where a method has no policy.
 */
export async function createApp(
  config: Config,
  log: Logger = createLogger(config),
  limits: Partial<ListenerLimits> = {},
  worker?: WorkerParts,
): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const metrics = new DirectoryMetrics();
  const traces = await openTracing(config);
  if (traces) opened.use(traces);
  const store = opened.use(
    await openStore(config.databaseUrl, {
      passwordFile: config.databasePasswordFile,
      onNotice: text => log.warn(text),
      onBatch: metrics.onBatch,
      shared: worker?.data,
    }),
  );
  store.onHealth(({ state, reason }) => {
    if (state !== "closed")
      log[state === "ready" ? "info" : "error"]({ reason }, `the store is ${state.replace("_", " ")}`);
  });
  const directory = createDirectory({ store });
  if (wantsDemoUsers(config)) await directory.addDemoUsers();
  const feed = createFeed({
    store,
    maxSubscribers: config.feedMaxSubscribers,
    maxSubscribersPerCaller: config.feedMaxSubscribersPerCaller,
    bookmarkIntervalMs: config.feedBookmarkIntervalMs,
    onDelivered: metrics.onDelivered,
  });
  const kept = {
    maxEvents: config.feedMaxEvents,
    maxEventAgeMs: config.feedMaxAgeHours * hour,
    maxRequestAgeMs: day,
  };
  opened.use(
    createTrimmer({ store, limits: kept, onError: err => log.warn({ err }, "old events could not be removed") }),
  );

  const options = hostOptions(config);
  const host = await createHost({
    ...options,
    log,
    limits: { ...options.limits, ...limits },
    tracing: traces?.tracing,
    metrics: readersOf(config, worker),
    requiresPolicies: true,
    endsInDrain,
    api: { title: "Concierge", descriptors },
    services: createRoutes({
      greeter: { serverId: hostname(), streamIntervalMs: config.greeterStreamIntervalMs },
      directory,
      store,
      feed,
      chat: createChatRelay(store),
      callerOf,
      share: preEncode,
      sendHeaders,
    }),
  });
  host.metrics?.add(metrics.collector(store, feed));
  if (host.metrics && worker) shareMetrics(host.metrics, worker.colleagues);
  await page(host.fastify);
  const resources = opened.move();
  host.fastify.addHook("onClose", () => resources.disposeAsync());
  return { ...host, feed };
}

/** A port of the metrics' own is one for all workers: the first has it, and tells of all. */
function readersOf({ metrics }: Config, worker: WorkerParts | undefined): HostOptions["metrics"] {
  return typeof metrics === "number" && worker && worker.number > 1 ? () => false : metrics;
}

/** Nobody's real directory shall begin with users that nobody knows: by default only one that this machine alone can reach. */
function wantsDemoUsers(config: Config): boolean {
  return config.demoData === "auto" ? isOfThisMachine(config.host) && !hasAuth(config) : config.demoData;
}
