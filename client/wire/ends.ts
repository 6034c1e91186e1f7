import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorCode, errorName } from "../../http2/frames.ts";
import type { StreamEnd } from "../../http2/stream-events.ts";
import { lost, resetError } from "../connection/stream-errors.ts";
import { deadlineOf } from "../deadline.ts";
import { asUnprocessed } from "../retry/unprocessed.ts";
import type { MethodPlan } from "./method-plan.ts";

/** As the engine says it. */
const lostWords = "the connection was lost";
const shortWords = "the body is not as long as its content-length";
const http1Words = "the peer speaks HTTP/1, not HTTP/2";

/** What a call knows of itself when its stream ends. */
export interface CallSoFar {
  /** Whether a part of the reply has come. */
  readonly isAnswered: boolean;
  readonly plan: MethodPlan;
  /** The request's headers, and when it was begun, as `performance.now()` counts. */
  readonly header: Headers;
  readonly startedAt: number;
}

/** The error of a call whose stream ended before its reply was whole. */
export function errorOfEnd({ by, code, unprocessed, message }: StreamEnd, call: CallSoFar): ConnectError {
  if (by === "connection") {
    const error = lost(undefined, reasonOfEnd(code, message));
    return unprocessed ? asUnprocessed("refused", error) : error;
  }
  // So proxies end the replies of servers that they have lost.
  if (by === "self" && message === shortWords) return call.plan.cut(message);
  // What we reset by ourselves, the server has done something wrong with.
  if (by === "self") return new ConnectError(`protocol error: ${message}`, Code.Internal);
  // A server that keeps the deadline can be faster than the timer here.
  if (code === ErrorCode.cancel && isLate(call)) {
    return new ConnectError("the operation timed out", Code.DeadlineExceeded);
  }
  if (code !== ErrorCode.noError) return resetError(errorName(code));
  return call.isAnswered
    ? lost(undefined, "the server ended the reply before its end")
    : new ConnectError("the server ended the call without a reply", Code.Internal);
}

function isLate({ header, startedAt }: CallSoFar): boolean {
  const now = performance.now();
  return now >= startedAt + (deadlineOf(header) - now);
}

/** Why a connection ended, in words; undefined where it says nothing beyond that it was lost. */
export function reasonOfEnd(code: number, message: string): string | undefined {
  if (code === ErrorCode.http11Required) return "the server wants HTTP/1.1 or TLS (is https or httpVersion 1.1 meant?)";
  if (message === http1Words) return `${message} (is httpVersion 1.1 meant?)`;
  return message === lostWords ? undefined : message;
}
