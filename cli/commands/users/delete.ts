import type { Command } from "commander";
import { usageError } from "../../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { addChangeOptions } from "../../users/user-options.ts";

interface DeleteOptions {
  readonly etag?: string;
  readonly requestId?: string;
  readonly allowMissing?: true;
}

/** `concierge users delete`. */
export function addUsersDelete(users: Command, context: Context): void {
  const command = users
    .command("delete")
    .summary("delete users")
    .description("Marks users as deleted, one after the other, and shows each. `users undelete` takes it back.")
    .argument("<id...>", "whom to delete")
    .option("--allow-missing", "no error where a user is deleted already, or never was");
  addChangeOptions(command);
  const examples = [
    ["one user", "concierge users delete 5"],
    ["if it is still there", "concierge users delete 5 --allow-missing"],
  ] as const;
  completeClientCommand(command, context, examples, remove);
}

async function remove(context: ClientContext, ids: readonly string[], options: DeleteOptions): Promise<void> {
  const { concierge, output, signal } = context;
  const { etag, requestId, allowMissing } = options;
  if (ids.length > 1 && (etag ?? requestId) !== undefined) throw usageError("--etag and --request-id are of one user");
  const { printUser } = await import("../../users/user-text.ts");
  for (const id of ids) {
    const user = await concierge.directory.deleteUser({ id, etag, requestId, allowMissing }, { signal });
    if (user.id === "") output.note(`user ${id} never was`);
    else await printUser(output, user);
  }
}
