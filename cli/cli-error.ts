import type { JsonValue } from "@bufbuild/protobuf";
import type { Code, ConnectError } from "@connectrpc/connect";
import type { CommanderError } from "commander";

/** How a command ends; `docs/command-line.md` has the table. `healthcheck` has codes of its own. */
export const exitCodes = {
  ok: 0,
  /** Anything else, such as a file that cannot be written. */
  failed: 1,
  /** The command line is wrong (`EX_USAGE` of sysexits.h). */
  usage: 64,
  /** The content of a file is wrong; the same as for INVALID_ARGUMENT. */
  badInput: 67,
  /** Ended by Ctrl-C, as shells have it: 128 and the signal's number. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

/**
 * Returns the exit code of a call that failed: 64 and the status code, as in grpcurl. It is never that of `usage`, as
 * status 0 is no failure.
 */
export function exitCodeOf(code: Code): number {
  return 64 + code;
}

/** Options of a {@link CliError}. */
export interface CliErrorOptions extends ErrorOptions {
  /** Default: that of the call that is its cause, else 1. */
  readonly exitCode?: number | undefined;
  /** What the person may do about it. */
  readonly hint?: string | undefined;
}

/** Ends the command with a message on standard error and an exit code. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number | undefined;
  readonly hint: string | undefined;

  constructor(message: string, { exitCode, hint, ...options }: CliErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** A call that failed, with the details of its error decoded. */
export class CallError extends Error {
  override readonly name = "CallError";
  override readonly cause: ConnectError;
  readonly details: readonly JsonValue[];

  constructor(cause: ConnectError, details: readonly JsonValue[]) {
    super(cause.message);
    this.cause = cause;
    this.details = details;
  }
}

/** Returns a {@link CliError} for a wrong command line. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { exitCode: exitCodes.usage, hint });
}

/** Returns commander's error as a {@link CliError}, with its suggestion as the hint. */
export function fromCommander({ message }: CommanderError, exitCode: number = exitCodes.usage): CliError {
  const [what = "", suggestion] = message.replace(/^error: /, "").split(/\n\(Did you mean (.*)\?\)/s);
  const help = "--help shows what there is";
  return new CliError(what, {
    exitCode,
    hint: suggestion === undefined ? help : `did you mean ${suggestion}? ${help}`,
  });
}
