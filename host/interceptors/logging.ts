import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type StreamResponse } from "@connectrpc/connect";
import type { Logger } from "pino";
import { type CallInfo, callInfoKey } from "./call-info.ts";
import { onStreamEnd } from "./stream-end.ts";

/** Codes that speak of a fault of ours, and so are logged as errors. */
const faults = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

/** `DeadlineExceeded` → `DEADLINE_EXCEEDED`, the name all gRPC documents use. */
export function codeName(code: Code): string {
  return (Code[code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** What ended a call from outside. However a client resets its stream, it is no fault of ours. */
function abortError(reason: unknown): ConnectError {
  const error = ConnectError.from(reason, Code.Canceled);
  return faults.has(error.code) ? new ConnectError(error.rawMessage, Code.Canceled) : error;
}

/** A call that is over. */
export interface EndedCall {
  readonly info: CallInfo;
  readonly method: DescMethod;
  /** When it began, on `performance.now`. */
  readonly start: number;
  /** What it ended with, unless all went well. */
  readonly error?: ConnectError | undefined;
}

/**
 * Logs a call in one line: request id, protocol, HTTP version, method, code, milliseconds, peer, and the client behind
 * trusted proxies.
 *
 * Level info; error where the fault is ours, with the cause.
 */
export function logCall(log: Logger, { info, method, start, error }: EndedCall): void {
  if (log.isLevelEnabled("info")) info.markLogged();
  const fault = error !== undefined && faults.has(error.code);
  if (!fault && !log.isLevelEnabled("info")) return;
  const { requestId, protocol, httpVersion, peer, client } = info;
  const code = error ? codeName(error.code) : "OK";
  const ms = Number((performance.now() - start).toFixed(2));
  const name = `${method.parent.typeName}/${method.name}`;
  const line = { requestId, protocol, http: httpVersion, method: name, code, ms, peer, client };
  if (fault) log.error({ ...line, err: error.cause ?? error }, "call failed");
  else log.info(line, "call");
}

/** Logs each call that reaches it with `logCall`, when it ends. */
export function logging(log: Logger): Interceptor {
  return next => async request => {
    const { method } = request;
    const info = request.contextValues.get(callInfoKey);
    const { start } = info;
    if (log.isLevelEnabled("info")) info.markLogged();
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: logStream(log, { info, method, start }, request, response) };
      logCall(log, { info, method, start });
      return response;
    } catch (error) {
      logCall(log, { info, method, start, error: ConnectError.from(error, Code.Internal) });
      throw error;
    }
  };
}

/** Passes a reply's messages on, and logs the call when they end. */
function logStream(
  log: Logger,
  call: EndedCall,
  { signal }: { readonly signal: AbortSignal },
  { message }: StreamResponse,
): StreamResponse["message"] {
  let ended = false;
  function end(error?: ConnectError) {
    if (ended) return;
    ended = true;
    logCall(log, { ...call, error });
  }
  function fail(error: unknown) {
    end(ConnectError.from(error, Code.Internal));
    return error;
  }
  function abort() {
    end(abortError(signal.reason));
  }
  // A producer that waits for a client that has left may never be asked again.
  signal.addEventListener("abort", abort, { once: true });
  return onStreamEnd(message, { completed: end, failed: fail, stopped: abort });
}
