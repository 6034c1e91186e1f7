import type { AddressInfo } from "node:net";
import type { DescMethod } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { HealthRegistry } from "./health/health-registry.ts";
import type { OnCallEnd } from "./interceptors/call-end.ts";
import type { InflationLimitOptions } from "./interceptors/limit-inflation.ts";
import type { AskedFor, LaneOptions } from "./lanes/lane.ts";
import type { ListenerLimits } from "./listener/limits.ts";
import type { HttpEngine } from "./listener/one-port.ts";
import type { SecureFrontOptions } from "./listener/secure-front.ts";
import type { ApiOptions } from "./openapi/openapi.ts";
import type { Served } from "./served.ts";

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
  /**
   * Whether the console is served at `/console`: a page that shows every service and calls it. It reads what the services say of
   * themselves, so it needs `reflection` and `rest`. What browsers cannot call by themselves is relayed for it, on the wire lane
   * (`concierge.console.v1.ConsoleService`). Defaults to `on`, and to `off` without either of them.
   */
  readonly console?: "on" | "off";
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
