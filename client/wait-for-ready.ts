import { enumToJson } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponse_ServingStatusSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";

/** What to wait for, and how long. */
export interface ReadyOptions {
  /** A service's full name. Default: the server as a whole. */
  readonly service?: string;
  /** Ends the waiting with CANCELED. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the waiting ends with DEADLINE_EXCEEDED. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** Waits until the server says that it, or one of its services, is serving (grpc.health.v1). */
export async function waitForReady(health: Client<typeof Health>, options: ReadyOptions = {}): Promise<void> {
  const { service = "", signal, timeoutMs = 30_000 } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  let last = "the server was not asked yet";
  for (let pauseMs = 50; !ended.aborted; pauseMs = Math.min(pauseMs * 2, 1000)) {
    try {
      const { status } = await health.check({ service }, { signal: ended });
      if (status === Status.SERVING) return;
      last = String(enumToJson(HealthCheckResponse_ServingStatusSchema, status));
    } catch (reason) {
      const error = ConnectError.from(reason);
      if (error.code === Code.Unimplemented || error.code === Code.NotFound) throw error;
      last = error.message;
    }
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, pauseMs);
      ended.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  if (signal?.aborted)
    throw new ConnectError("the waiting was canceled", Code.Canceled, undefined, undefined, signal.reason);
  throw new ConnectError(`not ready after ${timeoutMs} ms: ${last}`, Code.DeadlineExceeded);
}
