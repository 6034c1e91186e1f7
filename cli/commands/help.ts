import type { Command } from "commander";
import { commands } from "../../server/process/installation.ts";
import { usageError } from "../cli-error.ts";
import { addExamples } from "../command.ts";

/** `concierge help`: also for commands of commands, which commander's own does not find. */
export function addHelp(program: Command): void {
  program.helpCommand(false);
  const command = program
    .command("help")
    .summary("show help for a command")
    .description("Shows help for a command, as its --help does.")
    .argument("[command...]", "its words")
    .action((words: string[]) => {
      findCommand(program, words).help();
    });
  addExamples(command, [
    ["what there is", "concierge help"],
    ["one command", "concierge help users import"],
  ]);
}

function findCommand(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const next = command.commands.find(child => child.name() === word);
    if (next === undefined)
      throw usageError(`unknown command '${words.join(" ")}'`, `${commands.concierge} help shows what there is`);
    return next;
  }, program);
}
