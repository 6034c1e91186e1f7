import type { OnBatch, UserStore } from "../user-store.ts";
import { createStore } from "./create-store.ts";
import { openDataFile, resolveDataFile } from "./data-file.ts";
import { lockFile } from "./file-lock.ts";
import { startWriterThread } from "./writer-port.ts";

/** How to open a data file. */
export interface SqliteStoreOptions {
  /** Path of the data file; it and its folder are made where they are missing. */
  readonly file: string;
  /** How long to wait between two attempts to write again after the disk was full, in milliseconds. Defaults to 1,000. */
  readonly probeIntervalMs?: number;
  readonly onBatch?: OnBatch | undefined;
}

/**
 * Opens a store on a data file of SQLite, in WAL mode with synchronous=FULL: one writer on a thread of its own, which
 * commits what is written meanwhile as a group, and reads on the calling thread. Throws {@link StoreOpenError} where
 * the file is in use by another store, foreign, damaged, or newer than this program.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<UserStore> {
  const { probeIntervalMs = 1000 } = options;
  const file = resolveDataFile(options.file);
  await using undo = new AsyncDisposableStack();
  const lock = undo.adopt(lockFile(file), held => held.release());
  const { database, identity } = openDataFile(file);
  undo.defer(() => database.close());
  const port = startWriterThread({ file, probeIntervalMs });
  const store = await createStore({
    database,
    identity,
    port,
    onBatch: options.onBatch,
    release: () => lock.release(),
  });
  undo.move();
  return store;
}
