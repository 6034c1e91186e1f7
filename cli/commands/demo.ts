import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";

/** `concierge demo`: the tutorials' scenarios. */
export function addDemo(program: Command, { stdout }: Context): void {
  const command = program
    .command("demo")
    .summary("show every kind of call against a server of its own")
    .description(
      "Starts a server with a fresh database on a free port, makes the tutorials' calls, and checks every reply. Ends with 1 if one is not as the contract states.",
    )
    .action(async () => {
      const { runDemo } = await import("../demo/demo.ts");
      const mismatches = await runDemo(line => stdout.write(`${line}\n`));
      if (mismatches > 0) throw new CliError(`${mismatches} replies differ from the contract`);
    });
  addExamples(command, [["all of it, in a second or two", "concierge demo"]]);
}
