import { type Command, Option } from "commander";
import type { User } from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { usageError } from "../../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { printableLines } from "../../printable.ts";
import { createProgress, type Progress } from "../../progress.ts";
import { countText, type FileFormat, formatOf, formatOption } from "../../users/file-format.ts";
import { filterOf, roleChoices } from "../../users/user-options.ts";

interface ExportOptions {
  readonly format?: FileFormat;
  readonly filter?: string;
  readonly role?: string;
  readonly deleted?: true;
  readonly escapeFormulas?: true;
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
    .option("--deleted", "deleted users, too")
    .option(
      "--escape-formulas",
      "put a ' before text that a spreadsheet would run as a formula (CSV; not to be imported again)",
    );
  const examples = [
    ["everybody", "concierge users export users.csv"],
    ["for a spreadsheet", "concierge users export users.csv --escape-formulas"],
    ["the editors, for another program", "concierge users export --role editor --format ndjson"],
    ["names alone", "concierge users export --format csv | cut -d, -f2"],
  ] as const;
  completeClientCommand(command, context, examples, run);
}

async function run(context: ClientContext, file: string, options: ExportOptions): Promise<void> {
  const { concierge, output, stdout, streamCall } = context;
  const format = file === "-" ? (options.format ?? "ndjson") : formatOf(file, options.format);
  const { escapeFormulas } = options;
  if (escapeFormulas && format !== "csv") throw usageError("--escape-formulas is for CSV");
  const filter = filterOf(options);
  const [{ writeUsers }, { writeAtomically }] = await Promise.all([
    import("../../users/write-users.ts"),
    import("../../atomic-file.ts"),
  ]);
  // A generator, so that the call begins with the first read: one that nobody reads would end the process with its error.
  async function* users() {
    yield* concierge.directory.exportUsers({ filter, showDeleted: options.deleted }, streamCall);
  }
  if (file === "-") {
    // A terminal gets control characters as escapes, a pipe as they are.
    const shown = stdout.isTTY ? printableLines : (text: string) => text;
    for await (const chunk of writeUsers(users(), { format, escapeFormulas })) await output.write(shown(chunk));
    return;
  }
  const count = { users: 0 };
  {
    using progress = await createProgress(context, { label: "exporting", unit: "users" });
    await writeAtomically(file, writeUsers(counted(users(), progress, count), { format, escapeFormulas }));
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
