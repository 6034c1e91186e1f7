import type { FastifyRequest } from "fastify";
import { type Logger, pino } from "pino";
import { createAccess } from "./access.ts";
import { errorDomainKey } from "./auth/refusal.ts";
import { checkOptions } from "./check-options.ts";
import { serveConsole } from "./console/console.ts";
import { browserSafety } from "./fastify/browser-safety.ts";
import { createApp } from "./fastify/create-app.ts";
import { ForeignHooks } from "./fastify/foreign-hooks.ts";
import { answerNotFound } from "./fastify/not-found.ts";
import { createHealthRegistry } from "./health/health-registry.ts";
import { probes } from "./health/probes.ts";
import type { Host, HostOptions, ListenOptions } from "./host-options.ts";
import { createCallLog, type EndedCall, type OnCallEnd } from "./interceptors/call-end.ts";
import { callContextValues } from "./interceptors/call-info.ts";
import { createClientAddress, createProxyCheck } from "./interceptors/client-address.ts";
import { createInflationLimit } from "./interceptors/limit-inflation.ts";
import { answerHeaders, requestIdOf } from "./interceptors/request-id.ts";
import { traced } from "./interceptors/tracing.ts";
import { loadValidator } from "./interceptors/validation.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import type { Lane, LaneOptions } from "./lanes/lane.ts";
import { openEndedPaths } from "./lanes/open-ended-paths.ts";
import { RunningCalls } from "./lanes/running-calls.ts";
import { UnsentReplies } from "./lanes/unsent-replies.ts";
import { createWireLane } from "./lanes/wire-lane.ts";
import { socketPathOf } from "./listener/bind.ts";
import { createDrain } from "./listener/drain.ts";
import { defaultLimits } from "./listener/limits.ts";
import { createOnePort } from "./listener/one-port.ts";
import type { SecureFrontOptions } from "./listener/secure-front.ts";
import { Metrics } from "./metrics/metrics.ts";
import { CutCounts, portFamilies } from "./metrics/port-metrics.ts";
import { openMetricsPort, serveMetrics } from "./metrics/serve-metrics.ts";
import { countUnknown } from "./metrics/unknown-calls.ts";
import { hasConsole, unending, withOwnServices } from "./own-services.ts";
import { openRest } from "./rest/rest.ts";
import { readVersion } from "./version.ts";

/** This machine alone. */
const defaultAddress = { host: "localhost", port: 50051 };

/** Bytes of one message: what gRPC servers take by default. */
const defaultMaxMessageBytes = 4 * 1024 * 1024;

/** An hour: longer calls are streams, and these need no deadline. */
const defaultMaxDeadlineMs = 3_600_000;

/** Calls finish within this, or were not going to. */
const defaultShutdownGraceMs = 10_000;

const lanes: Readonly<Record<"wire" | "connect", () => Lane>> = { wire: createWireLane, connect: () => connectLane };

function tell(onCallEnd: OnCallEnd, call: EndedCall, log: Logger): void {
  try {
    onCallEnd(call);
  } catch (err) {
    log.error({ err }, "onCallEnd failed");
  }
}

/** Tells in the log of certificates that were read again, unless somebody else is told. */
function telling(tls: SecureFrontOptions, log: Logger): SecureFrontOptions {
  if (!("certFile" in tls) || tls.onReload) return tls;
  return {
    ...tls,
    onReload(error) {
      if (error) log.error(`the certificates stay as they are: ${error.message}`);
      else log.info("the certificates were read again");
    },
  };
}

/**
 * Puts a host together: services → gate and chain → lane → listener, with health, reflection, `/livez` and `/readyz`. It does
 * not listen yet.
 *
 * Rejects with a `TypeError` or `RangeError` that names the option which is wrong or unknown, with `PolicyError` where `auth`
 * is on and a method has no policy, and with `CertificateError` where `tls` is no certificate with its key.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  checkOptions(options);
  const {
    log = pino({ base: null }),
    listen = defaultAddress,
    lane = "wire",
    httpEngine = "engine",
    rest = "on",
    metrics: readers = "loopback",
    admin: callers = "loopback",
    skipsHooks = false,
    limits = {},
    tls,
    trustedProxies = [],
    inflation,
  } = options;
  const {
    errorDomain,
    tracing,
    shutdownDelayMs = 0,
    shutdownGraceMs = defaultShutdownGraceMs,
    onCallEnd,
    endsInDrain,
  } = options;
  const { maxMessageBytes = defaultMaxMessageBytes, maxDeadlineMs = defaultMaxDeadlineMs } = options;
  const health = createHealthRegistry();
  const serving = lanes[lane]();
  // No relayed call passes the hooks of others.
  function mayRelay() {
    return skipsHooks || !foreignHooks.wantCalls;
  }
  const metrics = readers === "off" ? undefined : new Metrics(readVersion());
  const cuts = new CutCounts();
  function onCut(reason: string, peer: string) {
    cuts.add(reason);
    log.debug({ reason, peer }, "connection cut");
  }
  const onePort = createOnePort({
    limits,
    tls: tls && telling(tls, log),
    // What the lane answers itself never comes to the host's hooks.
    express: serving.express,
    mayStayOpen: path => isOpenEnded(path) || (plain?.mayStayOpen(path) ?? false),
    onCut,
    httpEngine,
    isProxy: createProxyCheck(trustedProxies),
    onFailure: err => log.error({ err }, "a connection failed"),
  });
  metrics?.add(() => [...portFamilies(onePort.counts()), ...cuts.families()]);
  const drain = createDrain({ port: onePort, delayMs: shutdownDelayMs, graceMs: shutdownGraceMs });
  drain.closing.addEventListener("abort", () => health.shutdown());
  const running = new RunningCalls(drain.shutdown);
  const services = withOwnServices(options, {
    health,
    relay: serving.find && { find: serving.find, mayRelay, answerHeaders },
    admin:
      callers === "off"
        ? undefined
        : {
            callers,
            log,
            port: onePort,
            tls: tls !== undefined,
            listensOnSocketFile: () => onSocketFile,
            // The other lane does not note its calls.
            running: lane === "wire" ? running : undefined,
            calls: () => metrics?.calls,
          },
  });
  const isOpenEnded = openEndedPaths(services.map(({ service }) => service));
  const methods = services.flatMap(({ service }) => service.methods);
  const access = await createAccess(options, methods, log);
  const clientAddress = createClientAddress(trustedProxies);
  const logCall = createCallLog(log);
  const app = createApp({ serverFactory: onePort.serverFactory, log, trustedProxies });
  const browsers = browserSafety(app, options);
  const foreignHooks = new ForeignHooks(app);
  // Fastify answers 503 from the moment it closes: all that is to be served must be done before.
  app.addHook("preClose", drain.run);
  const laneOptions: LaneOptions = {
    routes(router) {
      for (const service of services) service.mount(router);
    },
    ...(tracing ? traced(access.chain, tracing) : access.chain),
    contextValues(source, protocol) {
      const values = callContextValues(source, protocol, clientAddress);
      return errorDomain === undefined ? values : values.set(errorDomainKey, errorDomain);
    },
    maxMessageBytes,
    replies: new UnsentReplies({ ...defaultLimits, ...limits }, onCut),
    inflationLimit: inflation === "off" ? undefined : createInflationLimit(inflation),
    maxDeadlineMs,
    running,
    shutdownSignal: drain.shutdown,
    endsInDrain: method => endsInDrain?.(method) ?? (method.methodKind === "bidi_streaming" || unending.has(method)),
    meterOf: metrics?.calls.meterOf,
    onCallEnd(call) {
      if (tracing) tell(tracing.end, call, log);
      logCall(call);
      if (onCallEnd) tell(onCallEnd, call, log);
    },
  };
  const plain = foreignHooks.except(() => {
    const opened = rest === "on" ? openRest(app, laneOptions) : undefined;
    if (metrics) app.addHook("preParsing", countUnknown(metrics.calls.other));
    app.addHook("preParsing", answerNotFound);
    return opened;
  });
  const { accepts, readHeaders } = browsers;
  const express = { accepts, requestId: requestIdOf, answerHeaders, readHeaders, findOther: plain?.find };
  await serving(app, { ...laneOptions, express });
  probes(app, health);
  if (hasConsole(options)) await serveConsole(app);
  if (metrics && readers !== "off") {
    const requireAdmin = (request: FastifyRequest) => access.requireAdmin(laneOptions.contextValues(request));
    serveMetrics(app, metrics, { readers, requireAdmin });
  }

  let onSocketFile = false;
  const opened = new AsyncDisposableStack();
  let closed: Promise<void> | undefined;
  function close() {
    closed ??= drain
      .run()
      .then(() => app.close())
      .finally(() => opened.disposeAsync());
    return closed;
  }
  async function prepareToServe(address: ListenOptions) {
    onSocketFile = socketPathOf(address.host) !== undefined;
    browsers.listensOn(address.host);
    await app.ready();
    if (!skipsHooks && (lane === "wire" || plain)) {
      foreignHooks.check();
      if (foreignHooks.wantCalls) serving.express?.close();
    }
    // The first call with rules need not wait for it, nor does the start.
    setImmediate(() => void loadValidator());
    if (!metrics) return;
    if (typeof readers === "number") {
      const onError = (err: unknown) => log.error({ err }, "the metrics could not be read");
      opened.use(await openMetricsPort(metrics, { host: address.host, port: readers }, onError));
    }
    opened.use(metrics).start();
  }
  return {
    fastify: app,
    services,
    health,
    metrics,
    log,
    address: { ...listen, secure: tls !== undefined },
    connectionCount: () => onePort.connectionCount,
    closing: drain.closing,
    close,
    async listen(address = listen) {
      await prepareToServe(address);
      return onePort.listen(address);
    },
    async takeConnections() {
      await prepareToServe(listen);
      return onePort.takeConnections();
    },
    abort: drain.force,
    reloadCertificates: onePort.reloadCertificates,
    [Symbol.asyncDispose]: close,
  };
}
