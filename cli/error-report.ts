import { CliError } from "./cli-error.ts";
import { connectionHint } from "./connection-hint.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";

/** What a person and a program get to know of an error. */
export interface ErrorReport {
  readonly exitCode: number;
  /** A status code such as `NOT_FOUND`, where a call failed. */
  readonly code?: string;
  readonly message: string;
  /** Why, in a word for programs. */
  readonly reason?: string | undefined;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  /** Finds the call in the server's log. */
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Goes on with a feed that ended. */
  readonly resumeToken?: string | undefined;
  readonly hint?: string | undefined;
}

/** Reads anything that was thrown. */
export async function toErrorReport(error: unknown): Promise<ErrorReport> {
  if (error instanceof CliError) return cliReport(error);
  if (!(error instanceof Error)) return { exitCode: exitCodes.failed, message: String(error) };
  // What reading the requests has thrown, the call has ended with.
  if (error.cause instanceof CliError) return cliReport(error.cause);
  if (error.name === "ConnectError") return callReport(error);
  // What the system says of files is for people; anything else is a fault of ours, and needs its stack.
  const message = "syscall" in error ? error.message : (error.stack ?? error.message);
  return { exitCode: exitCodes.failed, message };
}

async function cliReport({ message, exitCode, hint, cause }: CliError): Promise<ErrorReport> {
  const call = cause instanceof Error && cause.name === "ConnectError" ? await callReport(cause) : undefined;
  return {
    ...call,
    exitCode: exitCode ?? call?.exitCode ?? exitCodes.failed,
    message,
    violations: [],
    hint: hint ?? call?.hint,
  };
}

async function callReport(error: Error): Promise<ErrorReport> {
  const [{ conciergeError }, { howUnprocessed }] = await Promise.all([
    import("../client/errors.ts"),
    import("../client/retry/unprocessed.ts"),
  ]);
  const { code, codeName, message, reason, violations, requestId, retryAfterMs, resumeToken, cause } =
    conciergeError(error);
  return {
    exitCode: exitCodeOf(code),
    code: codeName.toUpperCase(),
    message,
    reason,
    violations,
    requestId,
    retryAfterMs,
    resumeToken,
    hint: howUnprocessed(cause) === "unsent" ? connectionHint(cause.cause) : hintFor(codeName, message, retryAfterMs),
  };
}

/** What a person may do about it; undefined where the message says all. */
function hintFor(codeName: string, message: string, retryAfterMs: number | undefined): string | undefined {
  switch (codeName) {
    case "unavailable":
      // HTTP_1_1_REQUIRED: how a port that speaks TLS alone refuses HTTP/2 without it.
      if (message.endsWith("error code 13")) return "does the server want TLS? Its URL then begins with https://";
      return "the server is there, but does not serve now; try again";
    case "unknown":
    case "internal":
      // How servers of grpc-js and Go, and of C++ and Python, refuse a content type.
      return /^HTTP 415$|: INTERNAL_ERROR$/.test(message)
        ? "where the server speaks gRPC alone, call it with --protocol grpc"
        : undefined;
    case "unauthenticated":
      return "sign in with --token, --token-file or CONCIERGE_TOKEN; for development: concierge token --sub you";
    case "permission_denied":
      return "sign in with a token that has a higher role";
    case "deadline_exceeded":
      return "give it more time with --deadline";
    case "aborted":
      return "somebody else changed it meanwhile: read it again, and repeat the change";
    case "resource_exhausted":
      return retryAfterMs === undefined ? undefined : `try again in ${Math.ceil(retryAfterMs / 1000)} s`;
    default:
      return undefined;
  }
}
