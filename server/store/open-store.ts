import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreOpenError } from "./errors.ts";
import type { SharedFile } from "./sqlite/shared-file.ts";
import type { MemberPort } from "./sqlite/shared-messages.ts";
import type { OnBatch, UserStore } from "./user-store.ts";

/** What {@link openStore} accepts, for messages. */
const ALLOWED = "sqlite:FILE, sqlite::memory: or postgresql://USER@HOST/DATABASE";

/** A data file that another process of this server has, by {@link openShared}, and the way to it. */
export interface SharedData {
  readonly file: string;
  readonly port: MemberPort;
}

/** What a store may need beside its URL. */
export interface OpenStoreOptions {
  /** Where it is set, the store is one on this data file, and the URL is not looked at. */
  readonly shared?: SharedData | undefined;
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
  const { shared, ...rest } = options;
  if (shared !== undefined) {
    const { joinSharedFile } = await import("./sqlite/shared-file.ts");
    return joinSharedFile(shared.file, shared.port, rest.onBatch);
  }
  if (isPostgres(url)) {
    const { openPostgresStore } = await import("./postgres/postgres-store.ts");
    return openPostgresStore({ url, ...rest });
  }
  const file = dataFile(url, options);
  const { openSqliteStore } = await import("./sqlite/sqlite-store.ts");
  const { onBatch } = options;
  if (file !== undefined) return openSqliteStore({ file, onBatch });
  const { opened: store, forget } = await inTemporaryFile(file => openSqliteStore({ file, onBatch }));
  const close = () => store.close().finally(forget);
  return { ...store, close, [Symbol.asyncDispose]: close };
}

/**
 * Opens the data file that a URL names for the processes of one server, each of which then opens its store with
 * {@link OpenStoreOptions.shared}. Undefined where the URL names a database that each of them opens by itself. Throws as
 * {@link openStore} does.
 */
export async function openShared(url: string, options: OpenStoreOptions = {}): Promise<SharedFile | undefined> {
  if (isPostgres(url)) return undefined;
  const file = dataFile(url, options);
  const { openSharedFile } = await import("./sqlite/shared-file.ts");
  if (file !== undefined) return openSharedFile({ file });
  const { opened: shared, forget } = await inTemporaryFile(file => openSharedFile({ file }));
  return {
    ...shared,
    async [Symbol.asyncDispose]() {
      await shared[Symbol.asyncDispose]();
      forget();
    },
  };
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/** Returns the data file that a URL names; undefined for `sqlite::memory:`. */
function dataFile(url: string, { passwordFile }: OpenStoreOptions): string | undefined {
  if (passwordFile !== undefined) {
    throw new StoreOpenError("DATABASE_PASSWORD_FILE: a database in a file has no password; unset it, or DATABASE_URL");
  }
  return url === "sqlite::memory:" ? undefined : sqliteFile(url);
}

/** Returns the data file that a `sqlite:` URL names. Throws {@link StoreOpenError} where it names none. */
export function sqliteFile(url: string): string {
  const file = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (file === "" || file.startsWith(":") || file.startsWith("//")) {
    throw new StoreOpenError(`database url "${redact(url)}" is not one of ${ALLOWED}`);
  }
  return file;
}

/** Opens something on a new file, which goes by `forget`, or when the process ends. */
async function inTemporaryFile<T>(open: (file: string) => Promise<T>): Promise<{ opened: T; forget: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), `concierge-${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const forget = () => {
    process.off("exit", remove);
    remove();
  };
  try {
    return { opened: await open(join(folder, "concierge.db")), forget };
  } catch (error) {
    forget();
    throw error;
  }
}

/** A URL of another kind may hold a password, which no log should. */
function redact(url: string): string {
  return url.replace(/\/\/.*@/, "//***@");
}
