import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, fastify, LogController } from "fastify";
import { type Logger, pino } from "pino";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { serveConsole } from "./console/console.ts";
import { relayOf } from "./console/relay.ts";
import { ForeignHooks } from "./fastify/foreign-hooks.ts";
import { lazySchemas, ownSchemas } from "./fastify/lazy-schemas.ts";
import { answerBadPath, answerNotFound } from "./fastify/not-found.ts";
import { refuseRequest } from "./fastify/refuse-request.ts";
import { createRequestLog } from "./fastify/request-log.ts";
import { createHealth } from "./health/health.ts";
import { createHealthRegistry } from "./health/health-registry.ts";
import { probes } from "./health/probes.ts";
import type { Host, HostOptions } from "./host-options.ts";
import { createCallLog, type EndedCall, type OnCallEnd } from "./interceptors/call-end.ts";
import { callContextValues } from "./interceptors/call-info.ts";
import { createChain } from "./interceptors/chain.ts";
import { createClientAddress } from "./interceptors/client-address.ts";
import { createInflationLimit } from "./interceptors/limit-inflation.ts";
import { answerHeaders, requestIdOf } from "./interceptors/request-id.ts";
import { loadValidator } from "./interceptors/validation.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import type { Lane, LaneOptions } from "./lanes/lane.ts";
import { hasOneHost } from "./lanes/one-host.ts";
import { openEndedPaths } from "./lanes/open-ended-paths.ts";
import { UnsentReplies } from "./lanes/unsent-replies.ts";
import { createWireLane } from "./lanes/wire-lane.ts";
import { createDrain } from "./listener/drain.ts";
import { defaultLimits } from "./listener/limits.ts";
import { createOnePort } from "./listener/one-port.ts";
import { openApiOf } from "./openapi/openapi.ts";
import { reflectionOf } from "./reflection/reflection.ts";
import { openRest } from "./rest/rest.ts";
import { serve } from "./served.ts";

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

function refuseHosts(request: FastifyRequest, reply: FastifyReply): void {
  const message = "a request must have one Host line";
  refuseRequest(request, reply, { status: 400, code: "invalid_argument", grpcStatus: 3, message });
}

/** Puts a host together: services → chain → lane → listener, with health, reflection, `/livez` and `/readyz`. */
export async function createHost(options: HostOptions): Promise<Host> {
  const {
    log = pino({ base: null }),
    lane = "wire",
    httpEngine = "engine",
    rest = "on",
    reflection = "on",
    prepare,
    skipsHooks = false,
    accepts,
    limits = {},
    tls,
    trustedProxies = [],
    inflation,
  } = options;
  const {
    chain = () => ({ interceptors: createChain() }),
    shutdownDelayMs = 0,
    shutdownGraceMs = defaultShutdownGraceMs,
    onCallEnd,
    endsInDrain,
  } = options;
  const { maxMessageBytes = defaultMaxMessageBytes, maxDeadlineMs = defaultMaxDeadlineMs } = options;
  const health = createHealthRegistry();
  const services = [...options.services, serve(Health, createHealth(health))];
  const describesItself = reflection === "on" && rest === "on";
  const hasConsole = describesItself && options.console !== "off";
  const described = services.map(({ service }) => service);
  if (reflection === "on") services.push(...reflectionOf(described));
  for (const { service, needs } of services) health.add(service.typeName, needs);
  const serving = lanes[lane]();
  const { find } = serving;
  // They tell of the others, as documents do, and are none that anybody looks for.
  if (hasConsole && find) services.push(relayOf({ find, mayRelay, answerHeaders }));
  if (describesItself)
    services.push(
      openApiOf(
        services.map(({ service }) => service),
        options.api,
      ),
    );

  const openEnded = openEndedPaths(services.map(({ service }) => service));
  // No relayed call passes the hooks of others.
  function mayRelay() {
    return skipsHooks || !foreignHooks.wantCalls;
  }
  function onCut(reason: string, peer: string) {
    log.debug({ reason, peer }, "connection cut");
  }
  const onePort = createOnePort({
    limits,
    tls,
    // What the lane answers itself never comes to the host's hooks.
    express: serving.express,
    mayStayOpen: path => openEnded.has(path) || (plain?.mayStayOpen(path) ?? false),
    onCut,
    httpEngine,
    onFailure: err => log.error({ err }, "a connection failed"),
  });
  const drain = createDrain({ port: onePort, delayMs: shutdownDelayMs, graceMs: shutdownGraceMs });
  drain.closing.addEventListener("abort", () => health.shutdown());
  const clientAddress = createClientAddress(trustedProxies);
  const logRequest = createRequestLog(log, clientAddress);
  const logCall = createCallLog(log);
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    schemaController: lazySchemas,
    serverFactory: onePort.serverFactory,
    // The chain logs calls, in one line each.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: request => requestIdOf(request.headers),
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    frameworkErrors(_error, request, reply) {
      logRequest(request, reply);
      answerBadPath(request, reply.headers(answerHeaders(request)));
    },
  });
  ownSchemas(app);
  app.addHook("onRequest", (request, reply, done) => {
    logRequest(request, reply);
    reply.headers(answerHeaders(request));
    if (hasOneHost(request.raw.rawHeaders)) done();
    else refuseHosts(request, reply.header("connection", "close"));
  });
  const foreignHooks = new ForeignHooks(app);
  prepare?.(app);
  // Fastify answers 503 from the moment it closes: all that is to be served must be done before.
  app.addHook("preClose", drain.run);
  const laneOptions: LaneOptions = {
    routes(router) {
      for (const service of services) service.mount(router);
    },
    ...(await chain(services.flatMap(({ service }) => service.methods))),
    contextValues: (source, protocol) => callContextValues(source, protocol, clientAddress),
    maxMessageBytes,
    replies: new UnsentReplies({ ...defaultLimits, ...limits }, onCut),
    inflationLimit: inflation === "off" ? undefined : createInflationLimit(inflation),
    maxDeadlineMs,
    shutdownSignal: drain.shutdown,
    endsInDrain: method =>
      endsInDrain?.(method) ?? (method.methodKind === "bidi_streaming" || method === Health.method.watch),
    onCallEnd(call) {
      logCall(call);
      if (onCallEnd) tell(onCallEnd, call, log);
    },
  };
  const plain = foreignHooks.except(() => {
    const opened = rest === "on" ? openRest(app, laneOptions) : undefined;
    app.addHook("preParsing", answerNotFound);
    return opened;
  });
  const express = { accepts, requestId: requestIdOf, answerHeaders, findOther: plain?.find };
  await serving(app, { ...laneOptions, express });
  probes(app, health);
  if (hasConsole) await serveConsole(app);

  let closed: Promise<void> | undefined;
  function close() {
    closed ??= drain.run().then(() => app.close());
    return closed;
  }
  return {
    fastify: app,
    services,
    health,
    connectionCount: () => onePort.connectionCount,
    closing: drain.closing,
    close,
    async listen(address) {
      await app.ready();
      if (!skipsHooks && (lane === "wire" || plain)) {
        foreignHooks.check();
        if (foreignHooks.wantCalls) serving.express?.close();
      }
      const addresses = await onePort.listen(address);
      // The first call with rules need not wait for it, nor does the start.
      setImmediate(() => void loadValidator());
      return addresses;
    },
    abort: drain.force,
    reloadCertificates: onePort.reloadCertificates,
    [Symbol.asyncDispose]: close,
  };
}
