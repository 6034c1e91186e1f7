import type { AddressInfo } from "node:net";
import type { DescMethod } from "@bufbuild/protobuf";
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from "fastify";
import { type Logger, pino } from "pino";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ForeignHooks } from "./fastify/foreign-hooks.ts";
import { lazySchemas, ownSchemas } from "./fastify/lazy-schemas.ts";
import { answerBadPath, answerNotFound } from "./fastify/not-found.ts";
import { refuseRequest } from "./fastify/refuse-request.ts";
import { createRequestLog } from "./fastify/request-log.ts";
import { createHealth } from "./health/health.ts";
import { createHealthRegistry, type HealthRegistry } from "./health/health-registry.ts";
import { probes } from "./health/probes.ts";
import { createCallLog, type EndedCall, type OnCallEnd } from "./interceptors/call-end.ts";
import { callContextValues } from "./interceptors/call-info.ts";
import { createChain } from "./interceptors/chain.ts";
import { createClientAddress } from "./interceptors/client-address.ts";
import { createInflationLimit, type InflationLimitOptions } from "./interceptors/limit-inflation.ts";
import { answerHeaders, requestIdOf } from "./interceptors/request-id.ts";
import { loadValidator } from "./interceptors/validation.ts";
import { connectLane } from "./lanes/connect-lane.ts";
import type { AskedFor, Lane, LaneOptions } from "./lanes/lane.ts";
import { hasOneHost } from "./lanes/one-host.ts";
import { openEndedPaths } from "./lanes/open-ended-paths.ts";
import { UnsentReplies } from "./lanes/unsent-replies.ts";
import { createWireLane } from "./lanes/wire-lane.ts";
import { createDrain } from "./listener/drain.ts";
import { defaultLimits, type ListenerLimits } from "./listener/limits.ts";
import { createOnePort, type HttpEngine } from "./listener/one-port.ts";
import type { SecureFrontOptions } from "./listener/secure-front.ts";
import { type ApiOptions, openApiOf } from "./openapi/openapi.ts";
import { reflectionOf } from "./reflection/reflection.ts";
import { openRest } from "./rest/rest.ts";
import { type Served, serve } from "./served.ts";

/** Bytes of one message: what gRPC servers take by default. */
const defaultMaxMessageBytes = 4 * 1024 * 1024;

/** An hour: longer calls are streams, and these need no deadline. */
const defaultMaxDeadlineMs = 3_600_000;

/** Calls finish within this, or were not going to. */
const defaultShutdownGraceMs = 10_000;

/** What each call passes. */
type Chain = Pick<LaneOptions, "interceptors" | "requestGate">;

/** What a host serves, and how. */
export interface HostOptions {
  /** The services, made by `serve`. Health comes with them, and reflection. */
  readonly services: readonly Served[];
  /** Where log lines go. Defaults to JSON lines on standard output, from level info. */
  readonly log?: Logger;
  /**
   * What each call passes, given the methods that are served, those of health and reflection among them. Defaults to
   * request id, log line, errors and protovalidate's rules.
   */
  readonly chain?: (methods: readonly DescMethod[]) => Chain | Promise<Chain>;
  /** Told of each call that is over, refused ones among them. What it throws is logged, and no matter to the call. */
  readonly onCallEnd?: OnCallEnd;
  /**
   * Whether calls are answered ahead of the hooks that others add to `fastify`, for speed; who may call is then to be
   * decided by `accepts` and `chain`. Defaults to false: with an onRequest, onResponse or onRequestAbort hook of others on
   * the root instance all calls go through Fastify's routes, and with a hook that they would not pass there either
   * (preParsing, preValidation, preHandler, preSerialization, onSend, onError, onRoute) `listen` rejects.
   */
  readonly skipsHooks?: boolean;
  /** Whether a call may go ahead of the hooks, by whom it asks and its headers. All may by default. */
  readonly accepts?: (request: AskedFor) => boolean;
  /** Adds hooks that come before all others. */
  readonly prepare?: (fastify: FastifyInstance) => void;
  /** Addresses or CIDR blocks whose `X-Forwarded-For` is believed. Defaults to none. */
  readonly trustedProxies?: readonly string[];
  /** `connect` serves everything through `@connectrpc/connect-fastify`. Defaults to `wire`. */
  readonly lane?: "wire" | "connect";
  /** What serves HTTP/2: our own engine, or `node` (`node:http2`). Defaults to `engine`. */
  readonly httpEngine?: HttpEngine;
  /** Whether methods are served as their `google.api.http` rules say. Defaults to `on`. */
  readonly rest?: "on" | "off";
  /** Whether the services describe themselves, by reflection and by `/openapi.json`. Defaults to `on`. */
  readonly reflection?: "on" | "off";
  /** What the description says that the contracts do not. */
  readonly api?: ApiOptions;
  /** Bytes of one message, before and after decompression. Defaults to 4 MiB. */
  readonly maxMessageBytes?: number;
  /** What a caller's compressed messages may come to, on the wire lane. Defaults to `defaultInflation`. */
  readonly inflation?: InflationLimitOptions | "off";
  /** The longest deadline of a call, in milliseconds; a longer one is cut to it. Defaults to an hour. */
  readonly maxDeadlineMs?: number;
  /** Serves TLS alone; without it the port is cleartext. */
  readonly tls?: SecureFrontOptions | undefined;
  /** From the call of `close` until the drain, in milliseconds; calls are served meanwhile. Defaults to 0. */
  readonly shutdownDelayMs?: number;
  /** From the start of the drain until calls in flight are cut, in milliseconds. Defaults to 10,000. */
  readonly shutdownGraceMs?: number;
  /**
   * Whether a method's streams end as the drain begins, as those that follow something for ever must; others are let finish
   * within `shutdownGraceMs`. Undefined stands for the default: bidi streams end, and health's `Watch`. On the connect lane
   * all streams end.
   */
  readonly endsInDrain?: (method: DescMethod) => boolean | undefined;
  /** Bounds on connections. Unset ones are `defaultLimits`. */
  readonly limits?: Partial<ListenerLimits>;
}

/** A server that is put together and does not listen yet. */
export interface Host extends AsyncDisposable {
  /** For further routes and hooks; not for `listen`. */
  readonly fastify: FastifyInstance;
  /** What is served, health and reflection among it. */
  readonly services: readonly Served[];
  /** Whether the services serve. Their dependencies are given to `serve`. */
  readonly health: HealthRegistry;
  /** How many connections are open now, over all addresses. */
  connectionCount(): number;
  /**
   * Listens. "localhost" is both loopback families; port 0 takes a free one. Throws Node's error (EADDRINUSE, EACCES, …),
   * and `HookError` where a hook of `fastify` would be skipped in silence (see `HostOptions.skipsHooks`).
   */
  listen(options: { readonly host: string; readonly port: number }): Promise<AddressInfo[]>;
  /**
   * Aborts when `close` is called, `shutdownDelayMs` before the drain: health says NOT_SERVING from here on, while calls
   * are still served.
   */
  readonly closing: AbortSignal;
  /**
   * Waits for `shutdownDelayMs`, then drains: streams that follow end with UNAVAILABLE (`endsInDrain`), connections with
   * GOAWAY, other calls in flight are finished within `shutdownGraceMs`, then cut. Resolves when all is closed; later calls answer the same
   * promise.
   */
  close(): Promise<void>;
  /** Cuts what `close` still waits for. */
  abort(): void;
  /** Reads the certificates again, as happens by itself when their files change. */
  reloadCertificates(): void;
}

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
  const described = services.map(({ service }) => service);
  if (reflection === "on") services.push(...reflectionOf(described));
  for (const { service, needs } of services) health.add(service.typeName, needs);
  // It tells of the others, as documents do, and is none that anybody looks for.
  if (reflection === "on" && rest === "on") services.push(openApiOf(described, options.api));

  const openEnded = openEndedPaths(services.map(({ service }) => service));
  const serving = lanes[lane]();
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
