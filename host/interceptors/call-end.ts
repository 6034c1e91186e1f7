import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type ConnectError, type ContextValues } from "@connectrpc/connect";
import type { Logger } from "pino";
import { parseTraceparent } from "../../protocol/traceparent.ts";
import { isClientFault } from "../../protocol/wire-error.ts";
import { callInfoKey } from "./call-info.ts";

/**
 * A call that is over. Its lane tells of it once, whatever ended it: a reply, the gate, a deadline, a client that left, a
 * drain, or a reply that could not be written.
 */
export interface EndedCall {
  readonly method: DescMethod;
  /** What interceptors and services knew of the call; its request is under `callInfoKey`. */
  readonly values: ContextValues;
  /** What the client got, or would have got had it stayed; undefined where all went well. The `cause` is for logs alone. */
  readonly error: ConnectError | undefined;
  /** Milliseconds from the call's headers to its end. */
  readonly ms: number;
  /** Names the call in traces, as W3C's header does: by its own span, else by its caller's. Undefined for neither. */
  readonly traceparent: string | undefined;
}

/** Told of each call that is over. It must not throw, and must not keep the call. */
export type OnCallEnd = (call: EndedCall) => void;

/** Codes that speak of a fault of ours, where it was not the client's. */
const faults = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

/** Codes by which a server says that the fault is its own: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
const serverErrors = new Set<number>([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/** Whether a code counts as an error of the server's, in OpenTelemetry's terms. */
export function isServerError(code: number): boolean {
  return serverErrors.has(code);
}

/** `DeadlineExceeded` → `DEADLINE_EXCEEDED`, the name all gRPC documents use. */
export function codeName(code: Code): string {
  return (Code[code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** By the names that OpenTelemetry gives them in logs of JSON, so that a log's backend finds the trace. */
function traceFields(traceparent: string | undefined) {
  const trace = parseTraceparent(traceparent);
  if (trace === undefined) return undefined;
  const { traceId: trace_id, spanId: span_id, flags } = trace;
  return { trace_id, span_id, trace_flags: flags.toString(16).padStart(2, "0") };
}

/**
 * Logs each call in one line: request id, protocol, HTTP version, method, code, milliseconds, peer, the client behind
 * trusted proxies, and its trace. Level info; error where the fault is ours, with the cause.
 */
export function createCallLog(log: Logger): OnCallEnd {
  return ({ method, values, error, ms, traceparent }) => {
    const fault = error !== undefined && faults.has(error.code) && !isClientFault(error);
    if (!fault && !log.isLevelEnabled("info")) return;
    const { requestId, protocol, httpVersion, peer, client } = values.get(callInfoKey);
    const line = {
      requestId,
      protocol,
      http: httpVersion,
      method: `${method.parent.typeName}/${method.name}`,
      code: error ? codeName(error.code) : "OK",
      ms: Number(ms.toFixed(2)),
      peer,
      client,
      ...traceFields(traceparent),
    };
    if (fault) log.error({ ...line, err: error.cause ?? error }, "call failed");
    else log.info(line, "call");
  };
}
