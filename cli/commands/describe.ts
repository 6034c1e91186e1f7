import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../command.ts";
import type { ConnectionOptions } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { printableLines } from "../printable.ts";
import { addSchemaOptions, openSchema, type SchemaOptions } from "../schema/schema-options.ts";

type DescribeOptions = ConnectionOptions & SchemaOptions;

/** `concierge describe`: what a service, method, message, field, enum or extension looks like. */
export function addDescribe(program: Command, context: Context): void {
  const command = program
    .command("describe")
    .summary("show what a service, method, message or anything in it looks like")
    .description(
      "Shows a service, a method with its messages, a message, an enum, an extension, or a field or value in what it stands in, much as the proto file has it. The server says it (gRPC server reflection), or its contract does (--proto, --protoset).",
    )
    .argument("<name>", "its full name");
  addSchemaOptions(command);
  const examples = [
    ["a service", "concierge describe greeter.Greeter"],
    ["a method, and what it takes and returns", "concierge describe greeter.Greeter/SayHello"],
    ["a message", "concierge describe greeter.HelloRequest"],
    ["one of its fields", "concierge describe greeter.HelloRequest.name"],
  ] as const;
  completeClientCommand(command, context, examples, describe);
}

async function describe(context: ClientContext, given: string, options: DescribeOptions): Promise<void> {
  // `list` and `call` write a method with a slash.
  const name = given.replace("/", ".");
  const { describeSymbol } = await import("../schema/describe-symbol.ts");
  const text = await describeSymbol(await openSchema(context, options), name);
  await (options.json ? context.output.json({ name, text }) : context.output.write(printableLines(text)));
}
