import { type Command, Option } from "commander";
import type { User } from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { type ClientContext, completeClientCommand } from "../../client-command.ts";
import type { Context } from "../../context.ts";
import { createProgress, type Progress } from "../../progress.ts";
import { countText } from "../../users/count-text.ts";
import { type FileFormat, formatOf, formatOption } from "../../users/file-format.ts";
import { filterOf, roleChoices } from "../../users/user-options.ts";

interface ExportOptions {
  readonly format?: FileFormat;
  readonly filter?: string;
  readonly role?: string;
  readonly deleted?: true;
}

/** `concierge users export`. */
export function addUsersExport(users: Command, context: Context): void {
  const command = users
    .command("export")
    .summary("write users to a file")
    .description(
      "Writes every user, by ascending id, as CSV or NDJSON. The file is there in one step, once it is whole: an export that fails leaves what was there before.",
    )
    .argument("[file]", "a file that ends in .csv, .ndjson or .jsonl; - or none is standard output (NDJSON)", "-")
    .addOption(formatOption())
    .option("--filter <filter>", "as in users list")
    .addOption(new Option("--role <role>", "only those who have it").choices(roleChoices))
    .option("--deleted", "deleted users, too");
  const examples = [
    ["everybody, for a spreadsheet", "concierge users export users.csv"],
    ["the editors, for another program", "concierge users export --role editor --format ndjson"],
    ["names alone", "concierge users export --format csv | cut -d, -f2"],
  ] as const;
  completeClientCommand(command, context, examples, run);
}

async function run(context: ClientContext, file: string, options: ExportOptions): Promise<void> {
  const { concierge, output, streamCall } = context;
  const format = formatOf(file, options.format) ?? "ndjson";
  const filter = filterOf(options);
  const [{ writeUsers }, { writeAtomically }] = await Promise.all([
    import("../../users/write-users.ts"),
    import("../../atomic-file.ts"),
  ]);
  // Begins when it is read: a call that nobody reads, as the file cannot be opened, would end the process as it ends.
  async function* users() {
    yield* concierge.directory.exportUsers({ filter, showDeleted: options.deleted }, streamCall);
  }
  if (file === "-") {
    for await (const chunk of writeUsers(users(), format)) await output.write(chunk);
    return;
  }
  const count = { users: 0 };
  {
    using progress = await createProgress(context, { label: "exporting", unit: "users" });
    await writeAtomically(file, writeUsers(counted(users(), progress, count), format));
  }
  if (output.forPeople) await output.write(`${file}: ${countText(count.users)}\n`);
  else await output.json({ file, users: count.users });
}

async function* counted(
  users: AsyncIterable<User>,
  progress: Progress,
  count: { users: number },
): AsyncGenerator<User> {
  for await (const user of users) {
    count.users++;
    if (count.users % 1000 === 0) progress.update(count.users, count.users);
    yield user;
  }
}
