import { type Command, Option } from "commander";
import { usageError } from "../../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { addChangeOptions, addUserFieldOptions, type UserFieldOptions } from "../../users/user-options.ts";

interface UpdateOptions extends UserFieldOptions {
  readonly clear?: readonly ("age" | "bio")[];
  readonly etag?: string;
  readonly requestId?: string;
}

const fieldNames = ["name", "email", "role", "age", "bio"] as const;

/** `concierge users update`. */
export function addUsersUpdate(users: Command, context: Context): void {
  const command = users
    .command("update")
    .summary("change a user")
    .description("Changes the fields that are given, leaves the others as they are, and shows the user.")
    .argument("<id>", "whom to change");
  addUserFieldOptions(command).addOption(
    new Option("--clear <fields...>", "leave these empty").choices(["age", "bio"]),
  );
  addChangeOptions(command);
  const examples = [
    ["another role", "concierge users update 2 --role admin"],
    ["another name, and no age any more", "concierge users update 2 --name 'Robert Smith' --clear age"],
  ] as const;
  completeClientCommand(command, context, examples, update);
}

async function update(context: ClientContext, id: string, options: UpdateOptions): Promise<void> {
  const { concierge, output, signal } = context;
  const { role, clear = [], etag, requestId, name, email, age, bio } = options;
  const given = fieldNames.filter(field => options[field] !== undefined);
  const both = clear.find(field => given.includes(field));
  if (both !== undefined) throw usageError(`--clear ${both} contradicts --${both}`);
  const paths = [...given, ...clear];
  if (paths.length === 0) throw usageError(`nothing to change: give --${fieldNames.join(", --")} or --clear`);
  const { printUser, roleNames } = await import("../../users/user-text.ts");
  const user = { id, name, email, age, bio, etag, role: role === undefined ? undefined : roleNames.get(role) };
  const changed = concierge.directory.updateUser({ user, updateMask: { paths }, requestId }, { signal });
  await printUser(output, await changed);
}
