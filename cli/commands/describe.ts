import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../client-command.ts";
import type { ConnectionOptions } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { printableLines } from "../printable.ts";

/** `concierge describe`: what a service, method, message or enum looks like. */
export function addDescribe(program: Command, context: Context): void {
  const command = program
    .command("describe")
    .summary("show what a service, method, message or enum looks like")
    .description(
      "Shows a service, a method with its messages, a message or an enum of a server that describes itself, much as its proto file has it.",
    )
    .argument("<name>", "its full name");
  const examples = [
    ["a service", "concierge describe greeter.Greeter"],
    ["a method, and what it takes and answers", "concierge describe greeter.Greeter/SayHello"],
    ["a message", "concierge describe greeter.HelloRequest"],
  ] as const;
  completeClientCommand(command, context, examples, describe);
}

async function describe(context: ClientContext, given: string, options: ConnectionOptions): Promise<void> {
  // `list` and `call` write a method so; servers in Python find its service alone.
  const [symbol = "", method] = given.split("/");
  const name = method === undefined ? symbol : `${symbol}.${method}`;
  const [{ createReflection }, { describeSymbol }] = await Promise.all([
    import("../reflection/load-schema.ts"),
    import("../reflection/describe-symbol.ts"),
  ]);
  const { concierge, output, signal } = context;
  const registry = await createReflection(concierge.transport, signal).schemaOf(symbol);
  const text = describeSymbol(registry, name);
  await (options.json ? output.json({ name, text }) : output.write(printableLines(text)));
}
