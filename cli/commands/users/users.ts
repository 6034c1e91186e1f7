import type { Command } from "commander";
import { takeOptionsEarly } from "../../connection-options.ts";
import type { Context } from "../../context.ts";
import { addUsersCreate } from "./create.ts";
import { addUsersDelete } from "./delete.ts";
import { addUsersExport } from "./export.ts";
import { addUsersGet } from "./get.ts";
import { addUsersImport } from "./import.ts";
import { addUsersList } from "./list.ts";
import { addUsersUndelete } from "./undelete.ts";
import { addUsersUpdate } from "./update.ts";

/** `concierge users`: the directory. */
export function addUsers(program: Command, context: Context): void {
  const users = program.command("users").description("Reads and changes the users of the directory.");
  users.helpCommand("help [command]", "show help for a command");
  users.summary("read and change the user directory");
  takeOptionsEarly(users);
  addUsersList(users, context);
  addUsersGet(users, context);
  addUsersCreate(users, context);
  addUsersUpdate(users, context);
  addUsersDelete(users, context);
  addUsersUndelete(users, context);
  addUsersImport(users, context);
  addUsersExport(users, context);
}
