import { Code, ConnectError } from "@connectrpc/connect";
import type { ProtocolName } from "./wire-format.ts";

/** Node fires a longer timer after 1 ms, so a longer deadline is kept by a shorter timer that is set again. */
export const maxTimerMs = 2 ** 31 - 1;

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Timeout. */
const grpcTimeout = /^(\d{1,8})([HMSmun])$/;
const grpcUnits: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
/** https://connectrpc.com/docs/protocol#unary-request, Connect-Timeout-Ms. */
const connectTimeout = /^\d{1,10}$/;

/** The header that carries a deadline. */
export function timeoutHeader(protocol: ProtocolName): "grpc-timeout" | "connect-timeout-ms" {
  return isGrpc(protocol) ? "grpc-timeout" : "connect-timeout-ms";
}

/**
 * The deadline in milliseconds, `maxMs` at most: a longer one is capped, as gRPC's servers do, since clients round up what
 * they send. Throws INVALID_ARGUMENT where it is malformed.
 */
export function parseTimeout(protocol: ProtocolName, value: string, maxMs: number): number {
  const ms = isGrpc(protocol) ? parseGrpc(value) : parseConnect(value);
  if (ms === undefined) {
    const name = isGrpc(protocol) ? "grpc" : "connect";
    throw new ConnectError(`protocol error: invalid ${name} timeout value: ${value}`, Code.InvalidArgument);
  }
  return Math.min(ms, maxMs);
}

function isGrpc(protocol: ProtocolName): boolean {
  return protocol === "grpc" || protocol === "grpc-web";
}

function parseConnect(value: string): number | undefined {
  return connectTimeout.test(value) ? Number(value) : undefined;
}

function parseGrpc(value: string): number | undefined {
  const match = grpcTimeout.exec(value);
  return match ? Number(match[1]) * (grpcUnits[match[2] ?? ""] ?? Number.NaN) : undefined;
}
