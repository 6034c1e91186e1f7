import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import type { ProtocolName, WireFormat } from "../../protocol/wire-format.ts";
import type { OnCallEnd } from "../interceptors/call-end.ts";
import type { CallSource } from "../interceptors/call-source.ts";
import type { InflationLimit } from "../interceptors/limit-inflation.ts";
import type { Exchange } from "./exchange.ts";
import type { Rpc } from "./rpc.ts";
import type { RunningCalls } from "./running-calls.ts";
import type { UnsentReplies } from "./unsent-replies.ts";

/** What all calls of a lane share. */
export interface CallScope {
  readonly contextValues: (source: CallSource, protocol?: ProtocolName) => ContextValues;
  /** Told of each call that is over. */
  readonly onCallEnd?: OnCallEnd | undefined;
  readonly requestGate?: ((context: HandlerContext) => void | Promise<void>) | undefined;
  readonly maxMessageBytes: number;
  readonly inflationLimit?: InflationLimit | undefined;
  readonly maxDeadlineMs: number;
  readonly shutdownSignal: AbortSignal;
  /** What of replies is not sent yet. */
  readonly replies: UnsentReplies;
  /** The calls that run. */
  readonly running: RunningCalls;
}

/** What a call is made of. */
export interface CallInit<R extends Rpc> {
  readonly scope: CallScope;
  readonly rpc: R;
  readonly format: WireFormat;
  readonly exchange: Exchange;
  readonly source: CallSource;
  /** The encoding of the request's messages, where no header says it. */
  readonly statedEncoding?: string | undefined;
  /** What a reply to a GET carries besides, where no hook of the host has said so. */
  readonly readHeaders?: Readonly<Record<string, string>> | undefined;
}

/** What clients are told where the lane's shutdown signal gives no error for them. */
export function shutdownError({ reason }: AbortSignal): ConnectError {
  return reason instanceof ConnectError ? reason : new ConnectError("the server is shutting down", Code.Unavailable);
}
