import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";
import { withDatabase } from "./database-option.ts";

/** `concierge restore`: a backup in the place of the database. */
export function addRestore(program: Command, { stdout }: Context): void {
  const command = program
    .command("restore")
    .summary("put a backup in the database's place, while no server runs")
    .description(
      "Puts a copy of a backup in the place of the SQLite database, in one step once the copy is complete, checked and on disk. What was there is kept beside it. Refused while a server runs on the database. Feeds of before the restore start anew.",
    )
    .argument("<file>", "the backup")
    .option("--database <url>", "the database; default: DATABASE_URL, here or in .env")
    .action(async (backup: string, { database }: { readonly database?: string }) => {
      const { file, bytes, kept } = await withDatabase(database, async target => {
        const { restoreDataFile } = await import("../../server/store/sqlite/restore.ts");
        return restoreDataFile(backup, target).catch(error => {
          // What SQLite and the system say of a full disk, say, names no command.
          if (error instanceof Error && ("errcode" in error || "syscall" in error))
            throw new CliError(`"${target}" stays as it was: ${error.message}`, { cause: error });
          throw error;
        });
      });
      stdout.write(`${file}: ${bytes} bytes, from ${backup}\n`);
      if (kept !== undefined) stdout.write(`${kept}: what was there before\n`);
    });
  addExamples(command, [
    ["into the database that a server started here uses", "concierge restore ./backup.db"],
    ["into another one", "concierge restore ./backup.db --database sqlite:./data/concierge.db"],
  ]);
}
