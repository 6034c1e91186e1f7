import { foldText } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { ReadPool } from "./pool.ts";

/** Point reads, as in the store. */
export interface UserReader {
  byId(id: number): Promise<UserRecord | undefined>;
  byIds(ids: readonly number[]): Promise<readonly UserRecord[]>;
  byEmail(email: string): Promise<UserRecord | undefined>;
  isEmpty(): Promise<boolean>;
}

const BY_ID = { name: "user_by_id", text: `SELECT ${USER_COLUMNS} FROM users WHERE id = $1` };
const BY_IDS = { name: "users_by_ids", text: `SELECT ${USER_COLUMNS} FROM users WHERE id = ANY($1::bigint[])` };
// The expression is the second column of users_by_email: 0 for users that are not deleted.
const BY_EMAIL = {
  name: "user_by_email",
  text: `SELECT ${USER_COLUMNS} FROM users
    WHERE email_key = $1 AND (CASE WHEN delete_time IS NULL THEN 0 ELSE id END) = 0`,
};
const ANY = { name: "any_user", text: "SELECT 1 FROM users LIMIT 1" };

/** Makes the point reads of a pool. */
export function createUserReader(pool: ReadPool): UserReader {
  return {
    async byId(id) {
      const [row] = await pool.run(connection => connection.rows<UserRow>(BY_ID, [id]));
      return row && userFromRow(row);
    },
    async byIds(ids) {
      const rows = await pool.run(connection => connection.rows<UserRow>(BY_IDS, [ids]));
      const users = new Map(rows.map(row => [row[0], userFromRow(row)]));
      return ids.map(id => users.get(id)).filter(user => user !== undefined);
    },
    async byEmail(email) {
      const [row] = await pool.run(connection => connection.rows<UserRow>(BY_EMAIL, [foldText(email)]));
      return row && userFromRow(row);
    },
    isEmpty: async () => (await pool.run(connection => connection.rows(ANY))).length === 0,
  };
}
