import { CliError } from "../cli-error.ts";

/**
 * Runs a function on the data file that a URL names, by default that of `DATABASE_URL`, here or in `.env`. Rejects with a
 * {@link CliError} where the settings, the file or the disk are at fault.
 */
export async function withDatabase<T>(url: string | undefined, use: (file: string) => Promise<T>): Promise<T> {
  const [{ ConfigError, parseConfig, readEnv }, { sqliteFile }, { StoreOpenError }] = await Promise.all([
    import("../../server/config/config.ts"),
    import("../../server/store/open-store.ts"),
    import("../../server/store/errors.ts"),
  ]);
  try {
    const database = url ?? parseConfig(readEnv(".env")).databaseUrl;
    if (/^postgres(ql)?:/.test(database)) {
      throw new CliError(
        "a database of PostgreSQL is backed up and restored by its own tools: pg_dump -Fc, pg_restore",
      );
    }
    return await use(sqliteFile(database));
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreOpenError)
      throw new CliError(error.message, { cause: error });
    throw error;
  }
}
