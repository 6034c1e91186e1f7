import type { ConnectError } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

/**
 * When the server that failed a call wants it again, in milliseconds; "never" where it does not, undefined where it does
 * not say. Reads `grpc-retry-pushback-ms` (gRPC's A6: negative or no 32-bit number is never), else `google.rpc.RetryInfo`.
 */
export function pushbackOf(error: ConnectError): number | "never" | undefined {
  const header = error.metadata.get("grpc-retry-pushback-ms");
  if (header !== null) return /^(0|[1-9]\d{0,9})$/.test(header) && Number(header) < 2 ** 31 ? Number(header) : "never";
  return retryDelayMs(error);
}

/** The delay of `google.rpc.RetryInfo` in an error's details, in milliseconds; undefined where there is none. */
function retryDelayMs(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay === undefined) return undefined;
  return Math.max(0, Math.ceil(Number(delay.seconds) * 1000 + delay.nanos / 1e6));
}
