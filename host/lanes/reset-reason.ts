import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Errors; anything else is INTERNAL. */
const codes = new Map<number, Code>([
  [constants.NGHTTP2_NO_ERROR, Code.Canceled],
  [constants.NGHTTP2_STREAM_CLOSED, Code.Canceled],
  [constants.NGHTTP2_CANCEL, Code.Canceled],
  [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [constants.NGHTTP2_INADEQUATE_SECURITY, Code.PermissionDenied],
  [constants.NGHTTP2_HTTP_1_1_REQUIRED, Code.PermissionDenied],
]);

/** Why a call ends whose HTTP/2 stream was closed with this error code, or with its connection by the error given. */
export function resetReason(rstCode: number, errored?: NodeJS.ErrnoException | null): ConnectError {
  // Node calls it INTERNAL_ERROR, as it does what a client resets with that code.
  if (errored?.syscall !== undefined) return new ConnectError("the client's connection was lost", Code.Canceled);
  const text = `http/2 stream closed with error code 0x${rstCode.toString(16)}`;
  return new ConnectError(text, codes.get(rstCode) ?? Code.Internal);
}

/** Codes that would blame the server. */
const ourFaults = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

/** What a call ended with that its client broke off: however it resets its stream, that is no fault of ours. */
export function clientLeft(reason: ConnectError): ConnectError {
  return ourFaults.has(reason.code) ? new ConnectError(reason.rawMessage, Code.Canceled) : reason;
}

/** Why a call ends whose HTTP/1.1 connection was closed. */
export function closedReason(): ConnectError {
  return new ConnectError("the client closed the connection", Code.Aborted);
}
