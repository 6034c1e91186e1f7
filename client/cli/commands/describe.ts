import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../client-command.ts";
import type { ConnectionOptions } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { printableLines } from "../printable.ts";

/** `concierge describe`: what a service, message or enum looks like. */
export function addDescribe(program: Command, context: Context): void {
  const command = program
    .command("describe")
    .summary("show what a service, a message or an enum looks like")
    .description("Shows a service, message or enum of a server that describes itself, much as its proto file has it.")
    .argument("<name>", "its full name");
  const examples = [
    ["a service", "concierge describe greeter.Greeter"],
    ["a message", "concierge describe greeter.HelloRequest"],
  ] as const;
  completeClientCommand(command, context, examples, describe);
}

async function describe(context: ClientContext, name: string, options: ConnectionOptions): Promise<void> {
  const [{ createReflection }, { describeSymbol }] = await Promise.all([
    import("../reflection/load-schema.ts"),
    import("../reflection/describe-symbol.ts"),
  ]);
  const { concierge, output, signal } = context;
  const registry = await createReflection(concierge.transport, signal).schemaOf(name);
  const text = describeSymbol(registry, name);
  await (options.json ? output.json({ name, text }) : output.write(printableLines(text)));
}
