import { CliError, exitCodes } from "./cli-error.ts";

/** The environment of a command: the three streams, and the signal that ends it early. */
export interface Context {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /**
   * Aborts when nobody reads the output any more; its reason is then a {@link CliError} without a message. After
   * {@link handleInterrupts} it aborts at Ctrl-C and SIGTERM, too; a second one ends the process at once.
   */
  readonly signal: AbortSignal;
  /** Has Ctrl-C and SIGTERM abort the signal rather than end the process. Returns the signal. */
  handleInterrupts(): AbortSignal;
}

/** Makes the context of a process. */
export function createContext(process: NodeJS.Process): Context {
  const { stdin, stdout, stderr } = process;
  const end = new AbortController();
  // In `concierge users list | head` the reader has had enough.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    end.abort(error.code === "EPIPE" ? new CliError("", { exitCode: exitCodes.ok }) : error);
  });
  // No place is left to report it.
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
