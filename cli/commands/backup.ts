import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";

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
  const [{ ConfigError, parseConfig, readEnv }, { sqliteFile }, { StoreOpenError }, { backupDataFile }] =
    await Promise.all([
      import("../../server/config/config.ts"),
      import("../../server/store/open-store.ts"),
      import("../../server/store/errors.ts"),
      import("../../server/store/sqlite/backup.ts"),
    ]);
  const isFolder = (path: string) =>
    stat(path).then(
      stats => stats.isDirectory(),
      () => false,
    );
  if (await isFolder(file)) throw new CliError(`"${file}" is a folder`);
  if (!(await isFolder(dirname(file)))) throw new CliError(`"${dirname(file)}" is not a folder`);
  try {
    const url = database ?? parseConfig(readEnv(".env")).databaseUrl;
    if (/^postgres(ql)?:/.test(url)) {
      throw new CliError(
        "a database of PostgreSQL is backed up by its own tools: pg_dump -Fc, or an archive of its log",
      );
    }
    return await backupDataFile(sqliteFile(url), file);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreOpenError)
      throw new CliError(error.message, { cause: error });
    // What SQLite says names no file: "database or disk is full".
    if (error instanceof Error && "errcode" in error)
      throw new CliError(`"${file}" cannot be written: ${error.message}`, { cause: error });
    throw error;
  }
}
