import { enumToJson } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createContextValues } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponse_ServingStatusSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import { pause, pauseMs } from "./retry/pause.ts";
import { retriesKey } from "./retry/retry.ts";
import { either } from "./signals.ts";

/** What to wait for, and how long. */
export interface ReadyOptions {
  /** A service's full name. Default: the server as a whole. */
  readonly service?: string;
  /** Ends the waiting with CANCELED. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the waiting ends with DEADLINE_EXCEEDED. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** Often enough for a start-up that takes a second. */
const ASK_AGAIN = { initialMs: 100, maxMs: 1000, multiplier: 1.5 };

/** A check that takes longer is made anew. */
const CHECK_TIMEOUT_MS = 5_000;

/** The server replies, and not about its health: waiting would be in vain. */
const inVain = new Set([Code.Unimplemented, Code.NotFound, Code.Unauthenticated, Code.PermissionDenied]);

/**
 * Waits until the server says that it, or one of its services, is serving (grpc.health.v1). Throws DEADLINE_EXCEEDED with
 * the last reply, CANCELED by the signal, and what the server says where it does not know the service.
 */
export async function waitForReady(health: Client<typeof Health>, options: ReadyOptions = {}): Promise<void> {
  const { service = "", signal: stop, timeoutMs = 30_000, ...rest } = options;
  refuseUnknown(rest);
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = either(deadline, stop);
  // Asked again from here, so that the last reply is known.
  const contextValues = createContextValues().set(retriesKey, false);
  let last = "no answer";
  for (let asked = 1; !signal.aborted; asked++) {
    try {
      const { status } = await health.check({ service }, { signal, timeoutMs: CHECK_TIMEOUT_MS, contextValues });
      if (status === Status.SERVING) return;
      last = String(enumToJson(HealthCheckResponse_ServingStatusSchema, status));
    } catch (reason) {
      const error = ConnectError.from(reason);
      if (inVain.has(error.code)) throw error;
      if (!signal.aborted) last = error.message;
    }
    await pause(pauseMs(ASK_AGAIN, asked), { signal });
  }
  if (stop?.aborted)
    throw new ConnectError("the waiting was canceled", Code.Canceled, undefined, undefined, stop.reason);
  throw new ConnectError(`not ready after ${timeoutMs} ms: ${last}`, Code.DeadlineExceeded);
}
