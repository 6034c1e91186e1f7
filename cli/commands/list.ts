import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../client-command.ts";
import type { ConnectionOptions } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { printable } from "../printable.ts";

/** `concierge list`: what a server serves. */
export function addList(program: Command, context: Context): void {
  const command = program
    .command("list")
    .summary("list a server's services, or a service's methods")
    .description(
      "Lists the services that a server describes (gRPC server reflection), or the methods of one of them: a name in each line.",
    )
    .argument("[service]", "a service's full name");
  const examples = [
    ["the services", "concierge list"],
    ["the methods of one", "concierge list greeter.Greeter"],
  ] as const;
  completeClientCommand(command, context, examples, list);
}

async function list(context: ClientContext, service: string | undefined, options: ConnectionOptions): Promise<void> {
  const [{ createReflection }, { findService }] = await Promise.all([
    import("../reflection/load-schema.ts"),
    import("../reflection/find-method.ts"),
  ]);
  const { concierge, output, signal } = context;
  const reflection = createReflection(concierge.transport, signal);
  const names =
    service === undefined
      ? await reflection.services()
      : (await findService(reflection, service)).service.methods.map(({ name }) => `${service}/${name}`);
  for (const name of names) await (options.json ? output.json(name) : output.write(`${printable(name)}\n`));
}
