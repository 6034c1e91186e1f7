import type { JsonValue } from "@bufbuild/protobuf";
import { commands } from "../server/process/installation.ts";
import { CallError, CliError, exitCodeOf, exitCodes } from "./cli-error.ts";

/** An error as it is reported to people and programs. */
export interface ErrorReport {
  readonly exitCode: number;
  /** A status code such as `NOT_FOUND`, where a call failed. */
  readonly code?: string;
  readonly message: string;
  /** The reason, in a word for programs. */
  readonly reason?: string | undefined;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  /** What the error carries beside all that, each with its `@type`; of `call` alone. */
  readonly details?: readonly JsonValue[];
  /** Finds the call in the server's log. */
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Resumes a feed that ended. */
  readonly resumeToken?: string | undefined;
  readonly hint?: string | undefined;
}

/** Resolves to the report of anything that was thrown. */
export async function toErrorReport(error: unknown): Promise<ErrorReport> {
  if (error instanceof CliError) return cliReport(error);
  if (error instanceof CallError) return { ...(await callReport(error.cause)), details: error.details };
  if (!(error instanceof Error)) return { exitCode: exitCodes.failed, message: String(error) };
  // An error in reading the requests ends the call with itself as the cause.
  if (error.cause instanceof CliError) return cliReport(error.cause);
  if (error.name === "ConnectError") return callReport(error);
  // The system's errors are fit for people; anything else is a bug of ours, and needs its stack.
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
  const isUnsent = howUnprocessed(cause) === "unsent";
  const hint = wantsTls.test(message)
    ? "does the server want TLS? Its URL then begins with https://"
    : isUnsent
      ? connectionHint(cause.cause)
      : hintFor(codeName, message, retryAfterMs);
  return {
    exitCode: exitCodeOf(code),
    code: codeName.toUpperCase(),
    // A server that knows no such path says no more than that.
    message:
      message === "HTTP 404" ? "there is no such method at that address (HTTP 404)" : message.replace(otherOption, ""),
    reason,
    violations,
    requestId,
    retryAfterMs,
    resumeToken,
    hint,
  };
}

/** How the client words HTTP_1_1_REQUIRED: a port that speaks TLS alone refuses HTTP/2 without TLS by it. */
const wantsTls = /the server wants HTTP\/1\.1 or TLS/;

/** What the client advises is for programs; people get a hint. */
const otherOption = / \(is [^()]* meant\?\)/;

/** Returns what a person may do about an error; undefined where the message says all. */
function hintFor(codeName: string, message: string, retryAfterMs: number | undefined): string | undefined {
  switch (codeName) {
    case "unavailable":
      return "the server is there, but does not serve now; try again";
    case "unknown":
    case "internal":
      // The first is how grpc-js and Go refuse a content type, the second how C++ and Python do.
      return /^HTTP 415$|: INTERNAL_ERROR$/.test(message)
        ? "where the server speaks gRPC alone, call it with --protocol grpc"
        : undefined;
    case "unimplemented":
      return `the server there does not serve this method: is it another one? What it serves: ${commands.concierge} list`;
    case "unauthenticated":
      return `sign in with --token, --token-file or CONCIERGE_TOKEN; for development: ${commands.concierge} token --sub you`;
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

const trust = "name the authority that has signed its certificate with --ca, such as the ca.pem of dev-cert";
const noTls = "does the server speak TLS? Without it, its URL begins with http://";
const noServer = `is the server running there? Start one with: ${commands.serve}; name another with --url`;

/** Hints by the code and message of Node.js, OpenSSL or the HTTP/2 engine; the first that matches counts. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/, trust],
  [/^ERR_TLS_CERT_ALTNAME_INVALID\b/, "name the server in --url as its certificate does, or with --authority"],
  [/^CERT_/, "the server's certificate is to be renewed"],
  [/^\w+_CERTIFICATE_REQUIRED\b/, "the server wants to see a certificate: give it --cert and --key"],
  [/^(ERR_SSL_|EPROTO\b)| before secure TLS /, noTls],
  [
    /^ERR_HTTP2_| speaks HTTP\/1, /,
    "does the server speak gRPC or HTTP/2 there? With TLS, its URL begins with https://",
  ],
];

/** Returns what a person may do about a connection that failed for `cause`. */
function connectionHint(cause: unknown): string {
  const what = cause instanceof Error ? `${"code" in cause ? cause.code : ""} ${cause.message}` : "";
  return hints.find(([pattern]) => pattern.test(what))?.[1] ?? noServer;
}
