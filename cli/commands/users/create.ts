import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { addChangeOptions, addUserFieldOptions, type UserFieldOptions } from "../../users/user-options.ts";

interface CreateOptions extends UserFieldOptions {
  readonly requestId?: string;
}

/** `concierge users create`. */
export function addUsersCreate(users: Command, context: Context): void {
  const command = users
    .command("create")
    .summary("store a user")
    .description("Stores a user and shows it. --name and --email are required; without --role it is a viewer.");
  addChangeOptions(addUserFieldOptions(command), { etag: false });
  for (const name of ["name", "email"]) {
    const option = command.options.find(option => option.attributeName() === name);
    option?.makeOptionMandatory();
  }
  const examples = [
    ["a viewer", "concierge users create --name 'Grace Hopper' --email grace@example.com"],
    [
      "with all there is",
      "concierge users create --name 'Alan Turing' --email alan@example.com --role editor --age 41 --bio 'Runs long distances.'",
    ],
  ] as const;
  completeClientCommand(command, context, examples, create);
}

async function create({ concierge, output, signal }: ClientContext, options: CreateOptions): Promise<void> {
  const { printUser, roleNames } = await import("../../users/user-text.ts");
  const { role = "", requestId, ...fields } = options;
  const { name, email, age, bio } = fields;
  const user = { name, email, age, bio, role: roleNames.get(role) };
  await printUser(output, await concierge.directory.createUser({ user, requestId }, { signal }));
}
