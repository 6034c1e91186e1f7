import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";

/** `concierge users get`. */
export function addUsersGet(users: Command, context: Context): void {
  const command = users
    .command("get")
    .summary("show users")
    .description("Shows users by id or by email, deleted ones too if asked for by id.")
    .argument("<id-or-email...>", "whom to show");
  const examples = [
    ["by id", "concierge users get 1"],
    ["by email, as JSON", "concierge users get bob@example.com --json"],
  ] as const;
  completeClientCommand(command, context, examples, get);
}

async function get({ concierge, output, signal }: ClientContext, keys: readonly string[]): Promise<void> {
  const { printUser } = await import("../../users/user-text.ts");
  let first = true;
  for (const key of keys) {
    const request = key.includes("@") ? { case: "email", value: key } : { case: "id", value: key };
    const user = await concierge.directory.getUser({ key: request as { case: "id"; value: string } }, { signal });
    if (output.forPeople && !first) await output.write("\n");
    first = false;
    await printUser(output, user);
  }
}
