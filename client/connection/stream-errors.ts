import { constants } from "node:http2";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { cutOff, nameErrors } from "../name-errors.ts";
import { asUnprocessed } from "../retry/unprocessed.ts";

/**
 * What a reset means, by gRPC's table (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors). All others
 * are INTERNAL.
 */
const resets: Readonly<Record<string, Code>> = {
  REFUSED_STREAM: Code.Unavailable,
  CANCEL: Code.Canceled,
  ENHANCE_YOUR_CALM: Code.ResourceExhausted,
  INADEQUATE_SECURITY: Code.PermissionDenied,
};

/** What Node.js calls the end of a connection, in the words of its many places. */
const losses = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_HTTP2_ERROR",
  "ERR_HTTP2_GOAWAY_SESSION",
  "ERR_HTTP2_INVALID_SESSION",
  "ERR_HTTP2_INVALID_STREAM",
  "ERR_HTTP2_SESSION_ERROR",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** How Node.js says that the server closed the connection with HTTP_1_1_REQUIRED, as one does whose port is for TLS. */
const notCleartext = `error code ${constants.NGHTTP2_HTTP_1_1_REQUIRED}`;

/** The error of a call whose connection was lost, or whose reply ended before its end. */
export function lost(cause?: Error, words = cause?.message): ConnectError {
  const hint = words?.endsWith(notCleartext)
    ? ": the server wants HTTP/1.1 or TLS (is https or httpVersion 1.1 meant?)"
    : "";
  const why = words === undefined ? "" : `${hint}: ${words}`;
  return new ConnectError(`the connection was lost${why}`, Code.Unavailable, undefined, undefined, cause);
}

/** The error of a call that the server reset with the code of this name (RFC 9113 section 7). */
export function resetError(name: string, cause?: Error): ConnectError {
  const message = `the server reset the call: ${name}`;
  const error = new ConnectError(message, resets[name] ?? Code.Internal, undefined, undefined, cause);
  return name === "REFUSED_STREAM" ? asUnprocessed("refused", error) : error;
}

/** The error of a call by what Node.js said of it; others as they are. */
function named(reason: unknown): unknown {
  if (!(reason instanceof ConnectError) || reason.isWireError) return reason;
  const cut = cutOff(reason);
  if (cut !== undefined) return lost(reason, cut);
  const { cause } = reason;
  if (!(cause instanceof Error)) return reason;
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ERR_HTTP2_STREAM_ERROR") {
    const name = /NGHTTP2_(\w+)$/.exec(cause.message)?.[1] ?? "";
    return resetError(name, cause);
  }
  return code !== undefined && reason.code !== Code.Unavailable && losses.has(code) ? lost(cause) : reason;
}

/**
 * Has calls fail with errors that say what happened. By itself Connect's transport takes the loss of a connection for
 * ABORTED or INTERNAL, and a call that the server refused for INTERNAL.
 */
export function nameStreamErrors(): Interceptor {
  return nameErrors(named);
}
