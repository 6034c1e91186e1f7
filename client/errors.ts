import { Code, ConnectError } from "@connectrpc/connect";
import { type FieldPathElement, ViolationsSchema } from "../gen/buf/validate/validate_pb.ts";
import { ResumeInfoSchema } from "../gen/concierge/directory/v1/directory_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { pushbackOf } from "./retry/pushback.ts";

/** What was wrong with a field of the request. */
export interface FieldViolation {
  /** The field's path, `user.email`. */
  readonly field: string;
  readonly description: string;
}

/** A failed call as a person or a program can act on. */
export interface ConciergeError {
  readonly code: Code;
  /** As the Connect specification writes it: `invalid_argument`. */
  readonly codeName: string;
  /** The server's words, without the code. */
  readonly message: string;
  /** Why, in a word for programs: `EMAIL_TAKEN` (`google.rpc.ErrorInfo`). */
  readonly reason?: string;
  /** Whose word that is. */
  readonly domain?: string;
  /** What the server says beside the reason, and nothing otherwise. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields that the server refused. */
  readonly violations: readonly FieldViolation[];
  /** Finds the call in the server's log. */
  readonly requestId?: string;
  /** The server's advice when to try again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Where a feed that ended can be gone on with. */
  readonly resumeToken?: string;
  /** The error that was caught. */
  readonly cause: ConnectError;
}

/** Reads all that a failed call tells. Takes anything that was caught; what is no `ConnectError` counts as UNKNOWN. */
export function conciergeError(reason: unknown): ConciergeError {
  const cause = ConnectError.from(reason);
  const [info] = cause.findDetails(ErrorInfoSchema);
  const [resume] = cause.findDetails(ResumeInfoSchema);
  const pushback = pushbackOf(cause);
  return {
    code: cause.code,
    codeName: codeName(cause.code),
    message: cause.rawMessage,
    reason: info?.reason,
    domain: info?.domain,
    metadata: info?.metadata ?? {},
    violations: violationsOf(cause),
    requestId: cause.metadata.get("x-request-id") ?? undefined,
    retryAfterMs: pushback === "never" ? undefined : pushback,
    resumeToken: resume?.resumeToken || undefined,
    cause,
  };
}

/** Those of `google.rpc.BadRequest`, and those of the rules that the contract states beside each field. */
function violationsOf(error: ConnectError): FieldViolation[] {
  return [
    ...error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations),
    ...error
      .findDetails(ViolationsSchema)
      .flatMap(({ violations }) =>
        violations.map(({ field, message }) => ({ field: pathOf(field?.elements ?? []), description: message })),
      ),
  ].map(({ field, description }) => ({ field, description }));
}

/** `user.email`, `ids[3]`, `tokens["a"]`. */
function pathOf(elements: readonly FieldPathElement[]): string {
  return elements
    .map(({ fieldName, subscript }, index) => {
      const { case: kind, value } = subscript;
      const key = kind === undefined ? "" : `[${kind === "stringKey" ? JSON.stringify(value) : value}]`;
      return `${index > 0 ? "." : ""}${fieldName}${key}`;
    })
    .join("");
}

/** A status code as the Connect specification writes it: `deadline_exceeded`. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}
