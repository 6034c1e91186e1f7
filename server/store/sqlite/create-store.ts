import { EventEmitter } from "node:events";
import type { ChatLog, DatabaseIdentity, OnBatch, StoreHealth, UserStore } from "../user-store.ts";
import type { Database } from "./database.ts";
import { createEventReader } from "./event-reader.ts";
import { createSnapshots } from "./snapshot.ts";
import { createUserPages } from "./user-pages.ts";
import { createUserReader } from "./user-reader.ts";
import { whileOpen } from "./while-open.ts";
import { Writer } from "./writer.ts";
import type { WriterPort } from "./writer-port.ts";

/** What a store is put together from. */
export interface StoreParts {
  /** To read with, on this thread. The store closes it. */
  readonly database: Database;
  readonly identity: DatabaseIdentity;
  /** What writes. It has said nothing yet. */
  readonly port: WriterPort;
  readonly chat?: ChatLog;
  readonly onBatch?: OnBatch | undefined;
  /** Called once all is closed. */
  readonly release?: () => void;
}

/** Puts a store together, and resolves once its writer is ready. */
export async function createStore({
  database,
  identity,
  port,
  chat,
  onBatch,
  release,
}: StoreParts): Promise<UserStore> {
  const hints = new EventEmitter<{ commit: []; health: [StoreHealth] }>().setMaxListeners(0);
  const writer = new Writer({
    port,
    onBatch,
    onCommit: () => hints.emit("commit"),
    onHealth: health => hints.emit("health", health),
  });
  await writer.opened;

  const users = createUserReader(database);
  const pages = createUserPages(database);
  const events = createEventReader(database);
  const snapshot = createSnapshots(database, events);
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    await writer.drain();
    database.close();
    // The writer's connection is the last to close; that one moves the log into the data file, off this thread.
    await writer.end();
    release?.();
  }

  const closeOnce = () => {
    closed ??= close();
    return closed;
  };

  return {
    identity,
    chat,
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
