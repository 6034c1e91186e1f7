import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { addExamples } from "../command.ts";

/** `concierge help`, which finds commands of commands, too; commander's own looks one word far. */
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
      throw usageError(`unknown command '${words.join(" ")}'`, "concierge help shows what there is");
    return next;
  }, program);
}
