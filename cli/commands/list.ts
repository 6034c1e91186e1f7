import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../command.ts";
import type { ConnectionOptions } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { printable } from "../printable.ts";
import { addSchemaOptions, openSchema, type SchemaOptions } from "../schema/schema-options.ts";

type ListOptions = ConnectionOptions & SchemaOptions;

/** `concierge list`: what a server serves. */
export function addList(program: Command, context: Context): void {
  const command = program
    .command("list")
    .summary("list a server's services, or a service's methods")
    .description(
      "Lists the services that a server describes (gRPC server reflection) or a contract has (--proto, --protoset), or the methods of one of them: a name in each line.",
    )
    .argument("[service]", "a service's full name");
  addSchemaOptions(command);
  const examples = [
    ["the services", "concierge list"],
    ["the methods of one", "concierge list greeter.Greeter"],
  ] as const;
  completeClientCommand(command, context, examples, list);
}

async function list(context: ClientContext, service: string | undefined, options: ListOptions): Promise<void> {
  const { findService } = await import("../schema/find-method.ts");
  const { output } = context;
  const schema = await openSchema(context, options);
  const names =
    service === undefined
      ? await schema.services()
      : (await findService(schema, service)).service.methods.map(({ name }) => `${service}/${name}`);
  for (const name of names) await (options.json ? output.json(name) : output.write(`${printable(name)}\n`));
}
