import { PositionTrimmedError } from "../errors.ts";
import { START_POSITION, type UserRecord } from "../records.ts";
import { USER_COLUMNS, type UserRow, userFromJson, userFromRow } from "../user-rows.ts";
import type { Snapshot, SnapshotOptions } from "../user-store.ts";
import { inOneFlush } from "./connection.ts";
import { readBounds } from "./event-reader.ts";
import type { ReadPool } from "./pool.ts";

/** The most events that one step catches up with: a few milliseconds. */
const EVENTS_PER_STEP = 2000;

/** Milliseconds that a page waits for the database. A snapshot that is cut off has to begin anew. */
const PAGE_WAIT_MS = 60_000;

const BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const NEWEST_ID = { name: "newest_id", text: "SELECT coalesce(max(id), 0) FROM users" };
const PAGE = {
  name: "snapshot_page",
  text: `SELECT ${USER_COLUMNS} FROM users WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`,
};
const BEFORE = {
  name: "events_before",
  text: "SELECT seq, user_id, before FROM events WHERE seq > $1 ORDER BY seq LIMIT $2",
};
type BeforeRow = readonly [seq: number, userId: number, before: string | null];

/**
 * Makes the snapshots of a pool. Each page is read as the users are by then, with the events up to that moment, and set back: a
 * user that has changed since the snapshot's position is shown as the first change after that position found it. So the state
 * is that of one moment, with no transaction held open meanwhile, which would keep the server from tidying up.
 */
export function createSnapshots(pool: ReadPool): (options: SnapshotOptions) => Promise<Snapshot> {
  return async ({ id, role, pageSize = 500 }) => {
    const [{ newest: position }, newestId] = await pool.run(connection =>
      inOneFlush(connection, BEGIN, () => [
        readBounds(connection, START_POSITION),
        connection.rows<[number]>(NEWEST_ID).then(rows => rows[0]?.[0] ?? 0),
      ]),
    );
    const end = Math.min(id ?? newestId, newestId);

    async function* pages(): AsyncGenerator<readonly UserRecord[]> {
      const changed = new Map<number, string>();
      let seen = Number(position.seq);
      let last = id === undefined ? 0 : id - 1;

      function asItWas(row: UserRow): UserRecord {
        const before = changed.get(row[0]);
        changed.delete(row[0]);
        return before === undefined ? userFromRow(row) : userFromJson(before);
      }

      while (last < end) {
        const [{ oldest }, events, rows] = await pool.run(
          connection =>
            inOneFlush(connection, BEGIN, () => [
              readBounds(connection, position),
              connection.rows<BeforeRow>(BEFORE, [seen, EVENTS_PER_STEP]),
              connection.rows<UserRow>(PAGE, [last, end, pageSize]),
            ]),
          PAGE_WAIT_MS,
        );
        if (oldest.seq > seen) throw new PositionTrimmedError(oldest);
        for (const [seq, userId, before] of events) {
          seen = seq;
          if (before !== null && userId > last && !changed.has(userId)) changed.set(userId, before);
        }
        // Not all events up to that moment: the page comes once they are there.
        if (events.length === EVENTS_PER_STEP) continue;
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
