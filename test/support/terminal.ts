import { spawnSync } from "node:child_process";
import { type CommandOptions, commandScript, type RunningCommand, watchProcess } from "./command-line.ts";

/** Whether there is util-linux's script(1), which runs a program on a terminal of its own. */
export const hasTerminal =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

/** What a command on a terminal is run with. */
export interface TerminalOptions extends CommandOptions {
  /** How wide the terminal is. Default: it does not say, and 80 is taken. */
  readonly columns?: number;
}

/**
 * Starts the command on a terminal; what it says to both streams is in `stdout`. Its exit code is the command's, and what is
 * written to its standard input is typed.
 */
export function startOnTerminal(args: readonly string[], options: TerminalOptions = {}): RunningCommand {
  const size = options.columns === undefined ? "" : `stty cols ${options.columns}; `;
  // In place of the shell, whose exit code would be its own where the terminal's Ctrl-C ends both.
  const line = `${size}exec ${[process.execPath, commandScript, ...args].map(quote).join(" ")}`;
  const env = { TERM: "xterm-256color", ...options.env };
  return watchProcess("script", ["-qefc", line, "/dev/null"], { ...options, env });
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
