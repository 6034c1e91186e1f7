import { setImmediate as nextTurn } from "node:timers/promises";
import { PositionTrimmedError } from "../errors.ts";
import type { UserRecord } from "../records.ts";
import { USER_COLUMNS, type UserRow, userFromJson, userFromRow } from "../user-rows.ts";
import type { Snapshot, SnapshotOptions } from "../user-store.ts";
import type { Database } from "./database.ts";
import type { EventReader } from "./event-reader.ts";
import { prepareRows } from "./rows.ts";
import { whileOpen } from "./while-open.ts";

/** The most events that one step catches up with: a few milliseconds. */
const EVENTS_PER_STEP = 2000;

/**
 * Prepares snapshots of a connection. Each page is read as the users are by then, and set back: a user that has changed
 * since the snapshot's position is shown as the first change after that position found it. So the state is that of one
 * moment, with no transaction held open meanwhile, which would keep the log from being reset.
 */
export function createSnapshots(database: Database, events: EventReader): (options: SnapshotOptions) => Snapshot {
  const findPage = prepareRows(
    database,
    `SELECT ${USER_COLUMNS} FROM users WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
  );
  const findNewestId = database.prepare("SELECT max(id) AS id FROM users");
  const findBefore = database.prepare("SELECT seq, user_id, before FROM events WHERE seq > ? ORDER BY seq LIMIT ?");

  return ({ id, role, pageSize = 500 }) => {
    const { position, newestId } = inTransaction(database, () => ({
      position: events.bounds().newest,
      newestId: Number(findNewestId.get()?.id ?? 0),
    }));
    const end = Math.min(id ?? newestId, newestId);

    async function* pages(): AsyncGenerator<readonly UserRecord[]> {
      const changed = new Map<number, string>();
      let seen = Number(position.seq);
      let last = id === undefined ? 0 : id - 1;

      /** Notes how changes found the users that are still to come; returns whether it has seen them all. */
      function catchUp(): boolean {
        const { oldest } = events.bounds();
        if (oldest.seq > seen) throw new PositionTrimmedError(oldest);
        const rows = findBefore.all(seen, EVENTS_PER_STEP) as unknown as BeforeRow[];
        for (const { seq, user_id, before } of rows) {
          seen = seq;
          if (before !== null && user_id > last && !changed.has(user_id)) changed.set(user_id, before);
        }
        return rows.length < EVENTS_PER_STEP;
      }

      function asItWas(row: UserRow): UserRecord {
        const [id] = row;
        const before = changed.get(id);
        changed.delete(id);
        return before === undefined ? userFromRow(row) : userFromJson(before);
      }

      for (; last < end; await nextTurn()) {
        const readPage = () => (catchUp() ? (findPage.all(last, end, pageSize) as unknown as UserRow[]) : undefined);
        const rows = await whileOpen(database, () => inTransaction(database, readPage));
        if (rows === undefined) continue;
        last = rows.length < pageSize ? end : (rows.at(-1)?.[0] ?? end);
        const users = rows
          .map(asItWas)
          .filter(user => user.deleteTime === undefined && (role === undefined || user.role === role));
        if (users.length > 0) yield users;
      }
    }

    return { position, pages };
  };
}

interface BeforeRow {
  readonly seq: number;
  readonly user_id: number;
  readonly before: string | null;
}

/** Runs reads that belong to one moment. They must not await. */
function inTransaction<T>(database: Database, read: () => T): T {
  database.exec("BEGIN");
  try {
    return read();
  } finally {
    database.exec("COMMIT");
  }
}
