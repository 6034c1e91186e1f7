import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { integer } from "../../parsers.ts";
import { countText, type FileFormat, formatOf, formatOption } from "../../users/file-format.ts";

interface ImportOptions {
  readonly format?: FileFormat;
  readonly batch: number;
  readonly fresh?: true;
  readonly check?: true;
}

/** Users that the server takes in one call, at most. */
const MAX_BATCH = 10_000;

/** `concierge users import`. */
export function addUsersImport(users: Command, context: Context): void {
  const command = users
    .command("import")
    .summary("store the users of a file")
    .description(
      `Stores the users of a CSV or NDJSON file. The whole file is checked first: a bad line is named, and nothing is stored. (Standard input is checked as it comes.)

Users go to the server in batches of 10,000, each stored whole or not at all: a file of up to 10,000 users is all or nothing. Where an import is interrupted, run the same command again within a day: batches that are stored already get the same reply, and nobody is stored twice.

CSV starts with a line of titles: name and email, and where wanted role, age and bio. NDJSON has one user in each line, as "users export" writes it.`,
    )
    .argument("<file>", "a file that ends in .csv, .ndjson or .jsonl; - is standard input")
    .addOption(formatOption())
    .option(
      "--batch <number>",
      `users that are stored together, from 1 to ${MAX_BATCH}`,
      integer(1, MAX_BATCH),
      MAX_BATCH,
    )
    .option("--check", "check the file, and store nothing")
    .option("--fresh", "store again what an import of the last day has stored, such as after deleting it");
  const examples = [
    [
      "a file, twice: the second time changes nothing",
      "concierge users import users.csv && concierge users import users.csv",
    ],
    [
      "from another program",
      "printf 'name,email\\nHedy Lamarr,hedy@example.com\\n' | concierge users import - --format csv",
    ],
    ["only whether it could be", "concierge users import users.csv --check"],
  ] as const;
  completeClientCommand(command, context, examples, run);
}

async function run(context: ClientContext, file: string, options: ImportOptions): Promise<void> {
  const { output } = context;
  const { batch, check = false, fresh = false } = options;
  const format = formatOf(file, options.format);
  const { checkFile, importFile } = await import("../../users/import-file.ts");
  if (check) {
    const users = await checkFile(context, file, format);
    if (output.forPeople) await output.write(`${file}: ${countText(users)}, nothing wrong in any line\n`);
    else await output.json({ file, users, stored: false });
    return;
  }
  const salt = fresh ? randomUUID() : "";
  const { users, batches } = await importFile(context, { file, format, batchSize: batch, salt });
  if (!output.forPeople) return output.json({ file, users, batches, stored: users > 0 });
  const stored = `${countText(users)} stored, in ${batches} ${batches === 1 ? "batch" : "batches"}`;
  await output.write(`${file}: ${users === 0 ? "no users in it, nothing is stored" : stored}\n`);
}
