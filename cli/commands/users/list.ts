import { type Command, Option } from "commander";
import type { User } from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { integer } from "../../parsers.ts";
import { filterOf, roleChoices } from "../../users/user-options.ts";

interface ListOptions {
  readonly filter?: string;
  readonly role?: string;
  readonly orderBy?: string;
  readonly deleted?: true;
  readonly limit?: number;
}

/** Users in a page: the most that the server returns. */
const PAGE_SIZE = 1000;

/** Users that a person sees unless told otherwise. */
const TERMINAL_LIMIT = 50;

/** `concierge users list`. */
export function addUsersList(users: Command, context: Context): void {
  const command = users
    .command("list")
    .summary("list users")
    .description("Lists users: a table on a terminal, otherwise one JSON object in each line.")
    .option("--filter <filter>", 'such as: role = ADMIN, name:"ali", email:"@example.com", or text found in either')
    .addOption(new Option("--role <role>", "only those who have it").choices(roleChoices))
    .option("--order-by <field>", 'id, name, email or create_time, each with an optional " desc"')
    .option("--deleted", "show deleted users, too")
    .option(
      "--limit <number>",
      `at most so many; 0: all (default: ${TERMINAL_LIMIT} on a terminal, else all)`,
      integer(0, 2 ** 31 - 1),
    );
  const examples = [
    ["as a table", "concierge users list"],
    ["the administrators, the newest first", "concierge users list --role admin --order-by 'create_time desc'"],
    [
      "the emails of everybody at example.com, for a program",
      "concierge users list --filter 'email:\"@example.com\"' --json",
    ],
  ] as const;
  completeClientCommand(command, context, examples, list);
}

async function list(context: ClientContext, options: ListOptions): Promise<void> {
  const { output } = context;
  const limit = options.limit ?? (output.forPeople ? TERMINAL_LIMIT : 0);
  const { deletedColumn, userColumns, userJson } = await import("../../users/user-text.ts");
  const columns = options.deleted ? userColumns.toSpliced(-2, 0, deletedColumn) : userColumns;
  let shown = 0;
  for await (const { users, more } of pages(context, options, limit)) {
    shown += users.length;
    if (!output.forPeople) for (const user of users) await output.json(userJson(user));
    else if (users.length > 0) await output.table(columns, users);
    if (more && shown === limit) output.note(`the first ${shown}; --limit 0 shows all`);
  }
  if (shown === 0) output.note("no users");
}

/** Yields the pages up to a limit of users, 0 for none; `more` tells of a next one. */
async function* pages({ concierge, signal }: ClientContext, options: ListOptions, limit: number) {
  const filter = filterOf(options);
  let pageToken = "";
  let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  do {
    const request = {
      pageSize: Math.min(left, PAGE_SIZE),
      pageToken,
      filter,
      orderBy: options.orderBy,
      showDeleted: options.deleted,
    };
    const { users, nextPageToken } = await concierge.directory.listUsers(request, { signal });
    left -= users.length;
    pageToken = nextPageToken;
    yield { users: users as readonly User[], more: nextPageToken !== "" };
  } while (pageToken !== "" && left > 0);
}
