import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreOpenError } from "./errors.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { UserStore } from "./user-store.ts";

/** What {@link openStore} accepts, for messages. */
const ALLOWED = "sqlite:FILE or sqlite::memory:";

/**
 * Opens the store that a URL names.
 *
 * - `sqlite:./data/concierge.db`: a data file, relative to the working directory; made where it is missing.
 * - `sqlite::memory:`: an empty store in a temporary file, which is removed when the store is closed or the process ends
 *   (only after SIGKILL or a crash of Node it stays behind, in the system's folder for such files).
 *
 * Throws {@link StoreOpenError} with the reason in plain words where the URL has another form, or the file is in use by
 * another server, of another program, damaged, or newer than this program. The caller closes the store.
 */
export async function openStore(url: string): Promise<UserStore> {
  if (url === "sqlite::memory:") return openTemporaryStore();
  return openSqliteStore({ file: sqliteFile(url) });
}

/** Answers the data file that a `sqlite:` URL names. Throws {@link StoreOpenError} where it names none. */
export function sqliteFile(url: string): string {
  const file = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (file === "" || file.startsWith(":") || file.startsWith("//")) {
    throw new StoreOpenError(`database url "${redact(url)}" is not one of ${ALLOWED}`);
  }
  return file;
}

async function openTemporaryStore(): Promise<UserStore> {
  const folder = mkdtempSync(join(tmpdir(), `concierge-${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const forget = () => {
    process.off("exit", remove);
    remove();
  };
  try {
    const store = await openSqliteStore({ file: join(folder, "concierge.db") });
    const close = () => store.close().finally(forget);
    return { ...store, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    forget();
    throw error;
  }
}

/** A URL of another kind may hold a password, which no log should. */
function redact(url: string): string {
  return url.replace(/\/\/.*@/, "//***@");
}
