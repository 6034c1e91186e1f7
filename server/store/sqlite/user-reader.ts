import { foldText } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { Database } from "./database.ts";
import { prepareRows } from "./rows.ts";

/** Point reads, by prepared statements. Each answers from the last commit. */
export interface UserReader {
  byId(id: number): UserRecord | undefined;
  byIds(ids: readonly number[]): readonly UserRecord[];
  byEmail(email: string): UserRecord | undefined;
  isEmpty(): boolean;
}

/** Prepares the point reads of a connection. */
export function createUserReader(database: Database): UserReader {
  const findById = prepareRows(database, `SELECT ${USER_COLUMNS} FROM users WHERE id = ?`);
  // The expression is the second column of users_by_email: 0 for users that are not deleted.
  const findByEmail = prepareRows(
    database,
    `SELECT ${USER_COLUMNS} FROM users WHERE email_key = ? AND (CASE WHEN delete_time IS NULL THEN 0 ELSE id END) = 0`,
  );
  const findAny = database.prepare("SELECT 1 FROM users LIMIT 1");

  function byId(id: number): UserRecord | undefined {
    const row = findById.get(id);
    return row && userFromRow(row as unknown as UserRow);
  }

  return {
    byId,
    byIds(ids) {
      database.exec("BEGIN");
      try {
        return ids.map(byId).filter(user => user !== undefined);
      } finally {
        database.exec("COMMIT");
      }
    },
    byEmail(email) {
      const row = findByEmail.get(foldText(email));
      return row && userFromRow(row as unknown as UserRow);
    },
    isEmpty: () => findAny.get() === undefined,
  };
}
