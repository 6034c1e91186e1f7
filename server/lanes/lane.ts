import type { ConnectRouter, ContextValues, HandlerContext, Interceptor } from "@connectrpc/connect";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** What a lane needs to answer calls. */
export interface LaneOptions {
  /** Mounts the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** The first is outermost. */
  readonly interceptors: Interceptor[];
  /** What services and interceptors may know of the request that carries a call. */
  readonly contextValues: (request: FastifyRequest) => ContextValues;
  /** Runs once a call's headers are there and before its body is read; what it throws ends the call. */
  readonly requestGate?: ((context: HandlerContext) => void | Promise<void>) | undefined;
  /** Bytes of one message, before and after decompression. */
  readonly maxMessageBytes: number;
  /** The longest deadline a call may ask for, in milliseconds. */
  readonly maxDeadlineMs: number;
  /** Aborts the calls that run; its reason is the error their clients get. */
  readonly shutdownSignal: AbortSignal;
}

/** Serves gRPC, gRPC-Web and Connect on a Fastify instance. */
export type Lane = (app: FastifyInstance, options: LaneOptions) => Promise<void>;
