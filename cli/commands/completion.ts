import { Argument, type Command } from "commander";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";

type Shell = "bash" | "zsh" | "fish";

/** `concierge completion`: a script for the shell, which asks the hidden `concierge __complete` at each Tab. */
export function addCompletion(program: Command, { stdout }: Context): void {
  const shell = () => new Argument("<shell>").choices(["bash", "zsh", "fish"]);
  const command = program
    .command("completion")
    .summary("print a completion script for a shell")
    .description(
      "Prints a script that completes commands, options, their values and methods at Tab, for a shell to read.",
    )
    .addArgument(shell())
    .action(async (name: Shell) => {
      const { completionScripts } = await import("../completion/scripts.ts");
      stdout.write(completionScripts[name]);
    });
  addExamples(command, [
    ["bash, in ~/.bashrc", "source <(concierge completion bash)"],
    ["zsh, in ~/.zshrc below compinit", "source <(concierge completion zsh)"],
    ["fish", "concierge completion fish > ~/.config/fish/completions/concierge.fish"],
  ]);
  program
    .command("__complete", { hidden: true })
    .addArgument(shell())
    .argument("[words...]", "the words after the command's name, the last one as far as it is typed")
    .action(async (name: Shell, words: string[]) => {
      const { complete } = await import("../completion/complete.ts");
      const { formatCandidate } = await import("../completion/scripts.ts");
      const found = await complete(program, words);
      stdout.write(found.map(candidate => `${formatCandidate[name](candidate)}\n`).join(""));
    });
}
