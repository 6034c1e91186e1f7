import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError, type ContextValues, createContextKey } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

/** Why a call is refused before it has an effect. */
export interface Refusal {
  readonly code: Code;
  /** For people; in lower case, without a full stop. */
  readonly message: string;
  /** For programs: `google.rpc.ErrorInfo.reason`, such as `ROLE_REQUIRED`. */
  readonly reason: string;
  /** What the reason is about, for programs. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** When a retry may succeed, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The context value that names the domain of reasons, `google.rpc.ErrorInfo.domain`: "concierge.access" unless the host has its own. */
export const errorDomainKey = createContextKey("concierge.access", { description: "error domain" });

/** Creates the error for a refused call, with `google.rpc` details for programs. `values` are the call's own. */
export function refuse(values: ContextValues, refusal: Refusal): ConnectError {
  const { code, message, reason, metadata = {}, retryAfterMs, headers } = refusal;
  const info = create(ErrorInfoSchema, { reason, domain: values.get(errorDomainKey), metadata: { ...metadata } });
  const details: ConstructorParameters<typeof ConnectError>[3] = [{ desc: ErrorInfoSchema, value: info }];
  if (retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(Math.max(1, Math.ceil(retryAfterMs)));
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return new ConnectError(message, code, headers, details);
}
