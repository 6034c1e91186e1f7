import type { Command } from "commander";

/** An example: what it does, and the line as it is typed. */
export type Example = readonly [about: string, line: string];

/** Adds examples to a command's `--help`. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([about, line]) => `  # ${about}\n  $ ${line}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n\n")}\n`);
}
