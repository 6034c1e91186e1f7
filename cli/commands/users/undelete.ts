import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { addChangeOptions } from "../../users/user-options.ts";

interface UndeleteOptions {
  readonly etag?: string;
  readonly requestId?: string;
}

/** `concierge users undelete`. */
export function addUsersUndelete(users: Command, context: Context): void {
  const command = users
    .command("undelete")
    .summary("take a delete back")
    .description("Takes a user's delete back, and shows the user.")
    .argument("<id>", "whom");
  addChangeOptions(command);
  completeClientCommand(command, context, [["one user", "concierge users undelete 5"]], undelete);
}

async function undelete(context: ClientContext, id: string, { etag, requestId }: UndeleteOptions): Promise<void> {
  const { concierge, output, signal } = context;
  const { printUser } = await import("../../users/user-text.ts");
  await printUser(output, await concierge.directory.undeleteUser({ id, etag, requestId }, { signal }));
}
