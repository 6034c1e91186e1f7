import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorCode, errorName } from "../../http2/frames.ts";
import type { StreamEnd } from "../../http2/stream-events.ts";
import { lost, resetError } from "../connection/stream-errors.ts";
import { asUnprocessed } from "../retry/unprocessed.ts";

/** As the engine says it. */
const lostWords = "the connection was lost";

/** The error of a call whose stream ended before its reply was whole; `answered` says whether a part of it had come. */
export function errorOfEnd({ by, code, unprocessed, message }: StreamEnd, answered: boolean): ConnectError {
  if (by === "connection") {
    const error = lost(undefined, reasonOfEnd(code, message));
    return unprocessed ? asUnprocessed("refused", error) : error;
  }
  // What we reset by ourselves, the server has done something wrong with.
  if (by === "self") return new ConnectError(`protocol error: ${message}`, Code.Internal);
  if (code !== ErrorCode.noError) return resetError(errorName(code));
  return answered
    ? lost(undefined, "the server ended the reply before its end")
    : new ConnectError("the server ended the call without a reply", Code.Internal);
}

/** The error of a reply that ended before its end, as proxies end those of a server that they have lost. */
export function cut(words: string): ConnectError {
  return lost(undefined, `protocol error: ${words}`);
}

/** Why a connection ended, in words; undefined where it says nothing beyond that it was lost. */
export function reasonOfEnd(code: number, message: string): string | undefined {
  if (code === ErrorCode.http11Required) return "the server wants HTTP/1.1 or TLS (is https meant?)";
  return message === lostWords ? undefined : message;
}
