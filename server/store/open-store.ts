import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreOpenError } from "./errors.ts";
import type { OnBatch, UserStore } from "./user-store.ts";

/** What {@link openStore} accepts, for messages. */
const ALLOWED = "sqlite:FILE, sqlite::memory: or postgresql://USER@HOST/DATABASE";

/** What a store may need beside its URL. */
export interface OpenStoreOptions {
  /** A file that holds the password of a `postgresql:` URL. */
  readonly passwordFile?: string | undefined;
  /** Told what an operator should know of. */
  readonly onNotice?: (text: string) => void;
  readonly onBatch?: OnBatch;
}

/**
 * Opens the store that a URL names. Loads the driver of that store, and none of the other.
 *
 * - `sqlite:./data/concierge.db`: a data file, relative to the working directory; made where it is missing.
 * - `sqlite::memory:`: an empty store in a temporary file, which is removed when the store is closed or the process ends
 *   (only after SIGKILL or a crash of Node it stays behind, in the system's folder for such files).
 * - `postgresql://user@host/database`: a database that any number of servers share; see `parsePostgresUrl`.
 *
 * Throws {@link StoreOpenError} with the reason in plain words where the URL has another form, or what it names cannot be
 * used: a file in use by another server, a database of another program or newer than this one. The caller closes the store.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<UserStore> {
  if (/^postgres(ql)?:/.test(url)) {
    const { openPostgresStore } = await import("./postgres/postgres-store.ts");
    return openPostgresStore({ url, ...options });
  }
  if (options.passwordFile !== undefined) {
    throw new StoreOpenError("DATABASE_PASSWORD_FILE: a database in a file has no password; unset it, or DATABASE_URL");
  }
  const file = url === "sqlite::memory:" ? undefined : sqliteFile(url);
  const { onBatch } = options;
  const { openSqliteStore } = await import("./sqlite/sqlite-store.ts");
  return file === undefined ? openTemporaryStore(openSqliteStore, onBatch) : openSqliteStore({ file, onBatch });
}

/** Returns the data file that a `sqlite:` URL names. Throws {@link StoreOpenError} where it names none. */
export function sqliteFile(url: string): string {
  const file = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (file === "" || file.startsWith(":") || file.startsWith("//")) {
    throw new StoreOpenError(`database url "${redact(url)}" is not one of ${ALLOWED}`);
  }
  return file;
}

async function openTemporaryStore(
  open: (options: { readonly file: string; readonly onBatch?: OnBatch | undefined }) => Promise<UserStore>,
  onBatch: OnBatch | undefined,
): Promise<UserStore> {
  const folder = mkdtempSync(join(tmpdir(), `concierge-${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const forget = () => {
    process.off("exit", remove);
    remove();
  };
  try {
    const store = await open({ file: join(folder, "concierge.db"), onBatch });
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
