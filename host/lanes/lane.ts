import type { IncomingMessage, ServerResponse } from "node:http";
import type * as http2 from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectRouter, ContextValues, HandlerContext, Interceptor } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import type { RequestHead } from "../../http2/request-head.ts";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import type { OnCallEnd } from "../interceptors/call-end.ts";
import type { CallSource, RawRequest } from "../interceptors/call-source.ts";
import type { InflationLimit } from "../interceptors/limit-inflation.ts";
import type { CallMeter } from "./call-meter.ts";
import type { Exchange } from "./exchange.ts";
import type { LaneConnection } from "./lane-connection.ts";
import type { RunningCalls } from "./running-calls.ts";
import type { ServerStream } from "./server-stream.ts";
import type { UnsentReplies } from "./unsent-replies.ts";

/** Begins a call. Never throws. */
export type Begin = (exchange: Exchange, source: CallSource) => void;

/** Finds the call that a request asks for by another path than an RPC's own; undefined where it asks for none. */
export type FindOther = (request: Pick<RawRequest, "method" | "url" | "headers">) => Begin | undefined;

declare module "fastify" {
  interface FastifyRequest {
    /** Set by a lane that made a call of the request: it tells of the call's end itself. */
    becameCall?: boolean;
  }
}

/** What a request tells ahead of all else. */
export interface AskedFor {
  /** Whom it asks: the host and port of `:authority`, or of `host`. */
  readonly authority: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a lane needs to answer calls ahead of the host's routes and hooks. */
export interface ExpressOptions {
  /** Whether a request may be taken, by its headers; what may not is the host's to refuse. All may by default. */
  readonly accepts?: ((request: AskedFor) => boolean) | undefined;
  /** Names a request, as the host's `genReqId` does. */
  readonly requestId: (headers: AskedFor["headers"]) => string;
  /** What the headers of each answer carry, as the host's hooks set it. Nothing by default. */
  readonly answerHeaders?: ((source: CallSource) => Record<string, string>) | undefined;
  /** What replies to Connect's GET carry besides, as a browser may ask for them by a link. Nothing by default. */
  readonly readHeaders?: Readonly<Record<string, string>> | undefined;
  /** Finds calls by other paths than those of the lane's RPCs. None by default. */
  readonly findOther?: FindOther | undefined;
}

/** Answers requests ahead of a host. Its methods return whether they took the request; what they did not is the host's. */
export interface Express {
  /** A request over one of our engines. */
  take(stream: ServerStream, client: LaneConnection): boolean;
  /** Whether our own HTTP/1.1 serves a request that would be taken: not bidi, and not gRPC, whose trailers are Node's. */
  takesOverHttp1(head: RequestHead): boolean;
  /** A request over HTTP/1.1. */
  takeRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /** One over HTTP/2, without Node's request and response. Somebody has to listen to the stream's errors already. */
  takeStream(
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): boolean;
  /** Takes no more requests: all are the host's. */
  close(): void;
}

/** What a lane needs to answer calls. */
export interface LaneOptions {
  /** Mounts the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** The first is outermost. */
  readonly interceptors: Interceptor[];
  /** What services and interceptors may know of the request that carries a call, and of its protocol where the lane tells. */
  readonly contextValues: (source: CallSource, protocol?: ProtocolName) => ContextValues;
  /** Runs once a call's headers are there and before its body is read; what it throws ends the call. */
  readonly requestGate?: ((context: HandlerContext) => void | Promise<void>) | undefined;
  /** Bytes of one message, before and after decompression. */
  readonly maxMessageBytes: number;
  /** What the compressed messages of a caller may come to. Any amount where it is left out. */
  readonly inflationLimit?: InflationLimit | undefined;
  /** The longest deadline of a call, in milliseconds; a longer one is cut to it. */
  readonly maxDeadlineMs: number;
  /** What of replies is not sent yet, and its bounds. By default those of the listener. */
  readonly replies?: UnsentReplies | undefined;
  /** Where the calls that run are noted. By default nobody else knows of them. */
  readonly running?: RunningCalls | undefined;
  /** Begins the shutdown; its reason is the error that clients get. Calls that come after it are refused. */
  readonly shutdownSignal: AbortSignal;
  /** Whether a method's streams end as the shutdown begins; others are let finish, as unary calls are. Defaults to all. */
  readonly endsInDrain?: ((method: DescMethod) => boolean) | undefined;
  /** Told of each call that is over. */
  readonly onCallEnd?: OnCallEnd | undefined;
  /** Finds what counts a method's calls, once a method. Nothing counts them by default. */
  readonly meterOf?: ((method: DescMethod) => CallMeter) | undefined;
  /** Where it is left out, the host sees every call first. */
  readonly express?: ExpressOptions | undefined;
}

/** Serves gRPC, gRPC-Web and Connect on a Fastify instance. */
export interface Lane {
  (app: FastifyInstance, options: LaneOptions): Promise<void>;
  /** Has the first look at requests, and takes those that need no host. */
  readonly express?: Express;
  /** Finds the call of an RPC for a request that comes by no connection of its own. */
  readonly find?: FindOther;
}
