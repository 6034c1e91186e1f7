import type { CommanderError } from "commander";
import { exitCodes } from "./exit-codes.ts";

/** What a {@link CliError} may carry beside its message. */
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

/** A {@link CliError} for a command line that cannot be meant. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { exitCode: exitCodes.usage, hint });
}

/** What commander says of a wrong command line, with its suggestion as the hint. */
export function fromCommander({ message }: CommanderError, exitCode: number = exitCodes.usage): CliError {
  const [what = "", suggestion] = message.replace(/^error: /, "").split(/\n\(Did you mean (.*)\?\)/s);
  const help = "--help shows what there is";
  return new CliError(what, {
    exitCode,
    hint: suggestion === undefined ? help : `did you mean ${suggestion}? ${help}`,
  });
}
