import { type ClientHttp2Stream, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { asUnprocessed } from "../retry/unprocessed.ts";

const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

/**
 * What a reset means, by gRPC's table (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors). All others
 * are INTERNAL.
 */
const resets = new Map<number | undefined, readonly [name: string, code: Code]>([
  [NGHTTP2_NO_ERROR, ["NO_ERROR before the end of the answer", Code.Internal]],
  [NGHTTP2_REFUSED_STREAM, ["REFUSED_STREAM", Code.Unavailable]],
  [constants.NGHTTP2_CANCEL, ["CANCEL", Code.Canceled]],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, ["ENHANCE_YOUR_CALM", Code.ResourceExhausted]],
  [constants.NGHTTP2_INADEQUATE_SECURITY, ["INADEQUATE_SECURITY", Code.PermissionDenied]],
]);

/** The error of a call whose stream the server, or the connection's end, cut. */
function cutError(stream: ClientHttp2Stream, connectionLost: boolean, cause?: unknown): ConnectError {
  const { rstCode } = stream;
  if (connectionLost) {
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    return new ConnectError(`the connection was lost${why}`, Code.Unavailable, undefined, undefined, cause);
  }
  const [name, code] = resets.get(rstCode) ?? [`error code ${rstCode}`, Code.Internal];
  const error = new ConnectError(`the server reset the call: ${name}`, code, undefined, undefined, cause);
  return rstCode === NGHTTP2_REFUSED_STREAM ? asUnprocessed("refused", error) : error;
}

/**
 * Has a stream fail with errors that say what happened, ahead of all other listeners. By itself Connect's transport
 * takes the loss of a connection for CANCELED, ABORTED or INTERNAL and a refused stream for INTERNAL, and waits for ever
 * where a stream is reset with NO_ERROR before its answer.
 */
export function tellErrors(stream: ClientHttp2Stream, isConnectionLost: () => boolean): void {
  let answered = false;
  let told = false;
  function tell(error: ConnectError) {
    if (told) return;
    told = true;
    stream.emit("error", error);
  }
  stream.once("response", () => {
    answered = true;
  });
  stream.on("error", error => {
    if (error instanceof ConnectError) told = true;
    else tell(cutError(stream, isConnectionLost(), error));
  });
  stream.once("close", () => {
    const whole = answered && stream.rstCode === NGHTTP2_NO_ERROR;
    if (!whole) tell(cutError(stream, isConnectionLost()));
  });
}
