import { EventEmitter } from "node:events";
import type { OnBatch, StoreHealth, UserStore } from "../user-store.ts";
import { openDataFile, resolveDataFile } from "./data-file.ts";
import { createEventReader } from "./event-reader.ts";
import { lockFile } from "./file-lock.ts";
import { createSnapshots } from "./snapshot.ts";
import { createUserPages } from "./user-pages.ts";
import { createUserReader } from "./user-reader.ts";
import { whileOpen } from "./while-open.ts";
import { Writer } from "./writer.ts";

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

  const hints = new EventEmitter<{ commit: []; health: [StoreHealth] }>().setMaxListeners(0);
  const writer = new Writer({
    file,
    probeIntervalMs,
    onBatch: options.onBatch,
    onCommit: () => hints.emit("commit"),
    onHealth: health => hints.emit("health", health),
  });
  await writer.opened;

  const users = createUserReader(database);
  const pages = createUserPages(database);
  const events = createEventReader(database);
  const snapshot = createSnapshots(database, events);
  undo.move();
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    await writer.drain();
    database.close();
    // Its connection is the last to close; that one moves the log into the data file, off this thread.
    await writer.end();
    lock.release();
  }

  const closeOnce = () => {
    closed ??= close();
    return closed;
  };

  return {
    identity,
    write: write => writer.write(write),
    getUser: id => whileOpen(database, () => users.byId(id)),
    getUsers: ids => whileOpen(database, () => users.byIds(ids)),
    getUserByEmail: email => whileOpen(database, () => users.byEmail(email)),
    listUsers: query => whileOpen(database, () => pages.list(query)),
    countUsers: filter => whileOpen(database, () => pages.count(filter)),
    isEmpty: () => whileOpen(database, () => users.isEmpty()),
    readEvents: (after, limit) => whileOpen(database, () => events.read(after, limit)),
    eventBounds: () => whileOpen(database, () => events.bounds()),
    snapshot: (selection = {}) => whileOpen(database, () => snapshot(selection)),
    trim: limits => writer.trim(limits),
    onCommit(listener) {
      hints.on("commit", listener);
      return () => void hints.off("commit", listener);
    },
    health: () => writer.health,
    onHealth(listener) {
      hints.on("health", listener);
      return () => void hints.off("health", listener);
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
