import { parseArgs } from "node:util";
import { parseConfig, readEnv } from "../server/config.ts";
import { sqliteFile } from "../server/store/open-store.ts";
import { backupDataFile } from "../server/store/sqlite/backup.ts";

const USAGE = "usage: npm run backup -- FILE [--database URL]";

// Copies the database into FILE as of one moment, with or without a server running.
try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { database: { type: "string" } } });
  const [target, ...rest] = positionals;
  if (target === undefined || rest.length > 0) throw new Error(USAGE);
  const url = values.database ?? parseConfig(readEnv()).databaseUrl;
  const bytes = await backupDataFile(sqliteFile(url), target);
  process.stdout.write(`${target}: ${bytes} bytes\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
