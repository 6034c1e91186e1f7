import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";
import { withDatabase } from "./database-option.ts";

/** `concierge backup`: a copy of the database as of one moment. */
export function addBackup(program: Command, { stdout }: Context): void {
  const command = program
    .command("backup")
    .summary("copy the database, also while the server runs")
    .description(
      "Copies the SQLite database into a file, as of one moment, with or without a server running. A file of that name is replaced in one step, once the copy is complete and on disk.",
    )
    .argument("<file>", "the copy")
    .option("--database <url>", "the database; default: DATABASE_URL, here or in .env")
    .action(async (file: string, { database }: { readonly database?: string }) => {
      const bytes = await backUp(file, database);
      stdout.write(`${file}: ${bytes} bytes\n`);
    });
  addExamples(command, [
    ["of the database that a server started here uses", "concierge backup ./backup.db"],
    ["of another one", "concierge backup ./backup.db --database sqlite:./data/concierge.db"],
  ]);
}

async function backUp(file: string, database: string | undefined): Promise<number> {
  const isFolder = (path: string) =>
    stat(path).then(
      stats => stats.isDirectory(),
      () => false,
    );
  if (await isFolder(file)) throw new CliError(`"${file}" is a folder`);
  if (!(await isFolder(dirname(file)))) throw new CliError(`"${dirname(file)}" is not a folder`);
  return withDatabase(database, async source => {
    const { backupDataFile } = await import("../../server/store/sqlite/backup.ts");
    return backupDataFile(source, file).catch(error => {
      // What SQLite says names no file: "database or disk is full".
      if (error instanceof Error && "errcode" in error)
        throw new CliError(`"${file}" cannot be written: ${error.message}`, { cause: error });
      throw error;
    });
  });
}
