import type { AddressInfo, Socket } from "node:net";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { AdminCallers } from "./admin/admin-access.ts";
import type { AuthOptions } from "./auth/auth-options.ts";
import type { CorsOptions } from "./fastify/browser-safety.ts";
import type { HealthRegistry } from "./health/health-registry.ts";
import type { OnCallEnd } from "./interceptors/call-end.ts";
import type { GateStep } from "./interceptors/gate.ts";
import type { InflationLimitOptions } from "./interceptors/limit-inflation.ts";
import type { RateLimitOptions } from "./interceptors/limit-rate.ts";
import type { Tracing } from "./interceptors/tracing.ts";
import type { ListenerLimits } from "./listener/limits.ts";
import type { HttpEngine } from "./listener/one-port.ts";
import type { SecureFrontOptions } from "./listener/secure-front.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { MetricsReaders } from "./metrics/serve-metrics.ts";
import type { ApiOptions } from "./openapi/openapi.ts";
import type { Served } from "./served.ts";

/** Where to listen. */
export interface ListenOptions {
  /** A name, an address, or `unix:/path`. "localhost" is both loopback families. */
  readonly host: string;
  /** From 0 to 65,535; 0 takes a free one. A Unix domain socket has none. */
  readonly port: number;
}

/** What a host serves, and how. Every option but `services` may be left out. */
export interface HostOptions {
  /** The services, made by `serve`. Health comes with them, and reflection. */
  readonly services: readonly Served[];
  /** Where log lines go. Defaults to JSON lines on standard output, from level info. */
  readonly log?: Logger | undefined;
  /** Where `listen` listens if it is not told. Defaults to localhost and port 50051. */
  readonly listen?: ListenOptions | undefined;
  /**
   * Has callers sign in by bearer tokens. Who may call a method is said in its contract, by the option
   * `concierge.policy.v1.policy`; `createHost` rejects with `PolicyError` where one does not say it. Left out, everybody may
   * call everything.
   */
  readonly auth?: AuthOptions | undefined;
  /** Whether a method without a policy keeps the host from starting where nobody signs in, too. Defaults to false. */
  readonly requiresPolicies?: boolean | undefined;
  /**
   * How often a caller may call: by subject, and where nobody signed in by network. Health checks are counted by themselves.
   * Defaults to 100 a second and 200 at once with `auth`, else to `off`.
   */
  readonly rateLimit?: RateLimitOptions | "off" | undefined;
  /** Streams that a caller may have open at a time. Defaults to 100 with `auth`, else to `off`. */
  readonly maxStreamsPerCaller?: number | "off" | undefined;
  /** The domain of the reasons why calls are refused (`google.rpc.ErrorInfo.domain`). Defaults to "concierge.access". */
  readonly errorDomain?: string | undefined;
  /** Pages of elsewhere that may call. Defaults to none: a browser's call for another site is refused. */
  readonly cors?: CorsOptions | undefined;
  /**
   * Further names that are answered to on loopback, in lower case and without a port: those that a proxy on this machine or
   * the hosts file calls it by. All others are refused there, so that no page reaches the server by a name of its own (DNS
   * rebinding). Defaults to none.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Decides last, before a byte of a call's body is read; what it throws ends the call. Defaults to nothing. */
  readonly gate?: GateStep | undefined;
  /**
   * Connect's interceptors, the first outermost. A call passes them last, right before its service: its caller is known,
   * and its messages keep the contract's rules. Defaults to none.
   */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Makes spans of calls: `traceCalls` of `concierge/otel`. None are made by default. */
  readonly tracing?: Tracing | undefined;
  /** Told of each call that is over, refused ones among them. What it throws is logged, and no matter to the call. */
  readonly onCallEnd?: OnCallEnd | undefined;
  /**
   * Whether calls are answered ahead of the hooks that others add to `fastify`, for speed; who may call is then to be
   * decided by `auth` and `gate`. Defaults to false: with an onRequest, onResponse or onRequestAbort hook of others on
   * the root instance all calls go through Fastify's routes, and with a hook that they would not pass there either
   * (preParsing, preValidation, preHandler, preSerialization, onSend, onError, onRoute) `listen` rejects.
   */
  readonly skipsHooks?: boolean | undefined;
  /** Addresses or CIDR blocks whose `X-Forwarded-For` is believed. Defaults to none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** `connect` serves everything through `@connectrpc/connect-fastify`. Defaults to `wire`. */
  readonly lane?: "wire" | "connect" | undefined;
  /** What serves HTTP/2: our own engine, or `node` (`node:http2`). Defaults to `engine`. */
  readonly httpEngine?: HttpEngine | undefined;
  /** Whether methods are served as their `google.api.http` rules say. Defaults to `on`. */
  readonly rest?: "on" | "off" | undefined;
  /**
   * Who may read at `/metrics` what the host counts: `loopback` is this machine, `admin` a caller with that role, a number a
   * port of its own on the addresses that the host listens on, for all who reach it; a function decides request by request.
   * With `off` nothing is counted. Defaults to `loopback`.
   */
  readonly metrics?: MetricsReaders | "off" | undefined;
  /**
   * From where administrators may ask what the host does right now, and cancel calls (`concierge.admin.v1.AdminService`):
   * `loopback` is from this machine alone, `admin` from anywhere and needs `auth`. With `auth` they need the role as well.
   * Defaults to `loopback`.
   */
  readonly admin?: AdminCallers | "off" | undefined;
  /**
   * Who is told of the services, by reflection and by `/openapi.json`: `on` is everybody, `auth` who signs in where callers do,
   * `off` nobody. Defaults to `auth`.
   */
  readonly reflection?: "on" | "auth" | "off" | undefined;
  /**
   * Whether the console is served at `/console`: a page that shows every service and calls it. It reads what the services say of
   * themselves, so it needs `reflection` and `rest`. What browsers cannot call by themselves is relayed for it, on the wire lane
   * (`concierge.console.v1.ConsoleService`). Defaults to `on`, and to `off` without either of them.
   */
  readonly console?: "on" | "off" | undefined;
  /** What the description says that the contracts do not. */
  readonly api?: ApiOptions | undefined;
  /** Bytes of one message, before and after decompression. Defaults to 4 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** What a caller's compressed messages may come to, on the wire lane. Defaults to `defaultInflation`. */
  readonly inflation?: InflationLimitOptions | "off" | undefined;
  /** The longest deadline of a call, in milliseconds; a longer one is cut to it. Defaults to an hour. */
  readonly maxDeadlineMs?: number | undefined;
  /** Serves TLS alone, by files that are read again when they change, or by PEM text. Without it the port is cleartext. */
  readonly tls?: SecureFrontOptions | undefined;
  /** From the call of `close` until the drain, in milliseconds; calls are served meanwhile. Defaults to 0. */
  readonly shutdownDelayMs?: number | undefined;
  /** From the start of the drain until calls in flight are cut, in milliseconds. Defaults to 10,000. */
  readonly shutdownGraceMs?: number | undefined;
  /**
   * Whether a method's streams end as the drain begins, as those that follow something for ever must; others are let finish
   * within `shutdownGraceMs`. Undefined stands for the default: bidi streams end, and health's `Watch`. On the connect lane
   * all streams end.
   */
  readonly endsInDrain?: ((method: DescMethod) => boolean | undefined) | undefined;
  /** Bounds on connections. Unset ones are `defaultLimits`. */
  readonly limits?: Partial<ListenerLimits> | undefined;
}

/** A server that is put together and does not listen yet. */
export interface Host extends AsyncDisposable {
  /** For further routes and hooks; not for `listen`. */
  readonly fastify: FastifyInstance;
  /** What is served, health and reflection among it. */
  readonly services: readonly Served[];
  /** Whether the services serve. Their dependencies are given to `serve`. */
  readonly health: HealthRegistry;
  /** What it counts; undefined where that is off. */
  readonly metrics: Metrics | undefined;
  /** Where log lines go. */
  readonly log: Logger;
  /** Where it was made to listen, and whether it speaks TLS. */
  readonly address: ListenOptions & { readonly secure: boolean };
  /** How many connections are open now, over all addresses. */
  connectionCount(): number;
  /**
   * Listens, by default where `HostOptions.listen` says. Throws Node's error (EADDRINUSE, EACCES, …),
   * and `HookError` where a hook of `fastify` would be skipped in silence (see `HostOptions.skipsHooks`).
   */
  listen(options?: ListenOptions): Promise<AddressInfo[]>;
  /**
   * Serves connections that something else accepts, such as another process of which this one is a worker, in the place of
   * `listen`. Resolves to what takes each of them, with nothing read. Throws `HookError` as `listen` does.
   */
  takeConnections(): Promise<(socket: Socket) => void>;
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
