import { CliError } from "./cli-error.ts";
import { exitCodes } from "./exit-codes.ts";

/** What a command works with: the three streams, and the signal that ends it early. */
export interface Context {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /**
   * Aborts when nobody reads the output any more; its reason is then a {@link CliError} without a message. Where a command
   * asks for `interrupts` it aborts at Ctrl-C and SIGTERM, too; a second one ends the process at once.
   */
  readonly signal: AbortSignal;
  /** From now on Ctrl-C and SIGTERM abort the signal rather than end the process. */
  handleInterrupts(): AbortSignal;
}

/** Makes the context of a process. */
export function createContext(process: NodeJS.Process): Context {
  const { stdin, stdout, stderr } = process;
  const end = new AbortController();
  // `concierge users list | head` has got what it wanted.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    end.abort(error.code === "EPIPE" ? new CliError("", { exitCode: exitCodes.ok }) : error);
  });
  // There is no place left to say it.
  stderr.on("error", () => {});
  return {
    stdin,
    stdout,
    stderr,
    signal: end.signal,
    handleInterrupts() {
      process.once("SIGINT", () => end.abort(new CliError("", { exitCode: exitCodes.interrupted })));
      process.once("SIGTERM", () => end.abort(new CliError("", { exitCode: exitCodes.terminated })));
      return end.signal;
    },
  };
}
