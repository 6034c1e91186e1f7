import type { OnBatch, UserStore } from "../user-store.ts";
import { createStore } from "./create-store.ts";
import { joinDataFile, openDataFile, resolveDataFile } from "./data-file.ts";
import { lockFile } from "./file-lock.ts";
import { joinChat } from "./remote-chat.ts";
import type { DeskPort, MemberPort } from "./shared-messages.ts";
import type { SqliteStoreOptions } from "./sqlite-store.ts";
import { WriterDesk } from "./writer-desk.ts";
import { startWriterThread } from "./writer-port.ts";

/** A data file that the processes of one server read, and write through the one that has it. */
export interface SharedFile extends AsyncDisposable {
  /** The one true path, for {@link joinSharedFile}. */
  readonly file: string;
  /** Takes a process in, until it says that it leaves, or its port ends. */
  admit(port: DeskPort): void;
}

/**
 * Opens a data file for others: takes its lock, brings it up to date, and starts its writer. Throws as `openSqliteStore`
 * does. All have left before it is disposed of.
 */
export async function openSharedFile({ file: path, probeIntervalMs = 1000 }: SqliteStoreOptions): Promise<SharedFile> {
  const file = resolveDataFile(path);
  await using undo = new AsyncDisposableStack();
  const lock = undo.adopt(lockFile(file), held => held.release());
  const { database } = openDataFile(file);
  undo.defer(() => database.close());
  const desk = new WriterDesk(startWriterThread({ file, probeIntervalMs }));
  await desk.opened;
  undo.move();
  database.close();
  return {
    file,
    admit: port => desk.admit(port),
    async [Symbol.asyncDispose]() {
      await desk.close();
      lock.release();
    },
  };
}

/** Opens a store on a file that another process has, behind a port: reads by itself, and writes through that process. */
export async function joinSharedFile(file: string, port: MemberPort, onBatch?: OnBatch): Promise<UserStore> {
  const { database, identity } = joinDataFile(file);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => database.close());
  const { chat, writerPort } = joinChat(port);
  const opened = createStore({ database, identity, port: writerPort, chat, onBatch });
  port.post({ kind: "join" });
  const store = await opened;
  undo.move();
  return store;
}
