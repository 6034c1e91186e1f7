import type { Command } from "commander";
import type { Concierge } from "../client/index.ts";
import { commands, runsFromSource } from "../server/process/installation.ts";
import { exitCodes } from "./cli-error.ts";
import { addConnectionOptions, type ConnectionOptions } from "./connection-options.ts";
import type { Context } from "./context.ts";
import { createOutput, type Output } from "./output.ts";

/** An example: what it does, and the line as it is typed. */
export type Example = readonly [about: string, line: string];

/** Adds examples to a command's `--help`. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([about, line]) => `  # ${about}\n  $ ${line}`);
  const spelling = runsFromSource ? `\nIn this folder, concierge is: ${commands.concierge}\n` : "";
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n\n")}\n${spelling}`);
}

/** The environment of a command that calls a server. */
export interface ClientContext extends Context {
  readonly concierge: Concierge;
  readonly output: Output;
  /** For streams, which have a deadline only where `--deadline` asks for one. */
  readonly streamCall: { readonly signal: AbortSignal; readonly timeoutMs: number | undefined };
}

/** The action of a command. Its arguments come in the order of their declaration, its options after them. */
export type ClientAction<Arguments extends unknown[]> = (context: ClientContext, ...args: Arguments) => Promise<void>;

/** Differences of a command from the others. */
export interface ClientCommandOptions {
  /** False has each call made once, whatever the options say. Default: as the options say. */
  readonly retry?: false;
  /** The exit code for a wrong command line. Default: 64. */
  readonly usageExitCode?: number;
}

/**
 * Completes a command that calls a server: adds the connection's options and the examples, and runs `action` with a
 * client that is closed afterwards. Ctrl-C ends the calls that the action hands the context's signal to.
 */
export function completeClientCommand<Arguments extends unknown[]>(
  command: Command,
  context: Context,
  examples: readonly Example[],
  action: ClientAction<Arguments>,
  { retry, usageExitCode = exitCodes.usage }: ClientCommandOptions = {},
): void {
  addConnectionOptions(command).action(async (...args: unknown[]) => {
    const options = command.opts<ConnectionOptions>();
    const { connect } = await import("./connect.ts");
    await using concierge = connect({ ...options, retry: retry ?? options.retry, usageExitCode });
    const signal = context.handleInterrupts();
    const streamCall = { signal, timeoutMs: options.deadline || undefined };
    const output = createOutput(context, options);
    // Commander puts the command itself last.
    await action({ ...context, concierge, output, streamCall }, ...(args.slice(0, -1) as Arguments));
  });
  addExamples(command, examples);
}
