import { createHash } from "node:crypto";
import { foldText, type OrderField, type UserCursor, type UserFilter, type UserQuery } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { UserPage } from "../user-store.ts";
import type { Statement } from "./connection.ts";
import type { ReadPool } from "./pool.ts";

/** Pages and counts, as in the store. */
export interface UserPages {
  list(query: UserQuery): Promise<UserPage>;
  count(filter: UserFilter): Promise<number>;
}

/** The most rows that one statement looks at: some 20 milliseconds, far from its timeout. */
const MAX_STEP = 16_384;

const KEY_COLUMNS: Record<OrderField, string> = {
  id: "id",
  name: "name_key",
  email: "email_key",
  createTime: "create_time",
};
const KEY_TYPES: Record<OrderField, string> = { id: "bigint", name: "text", email: "text", createTime: "bigint" };

/** A user's row, its key, and whether it is there only to say how far the step has looked. */
type StepRow = readonly [...UserRow, key: string | number, isEnd: boolean];
const KEY_INDEX = 10;
const IS_END_INDEX = 11;

/**
 * Makes the pages of a pool. Each step looks at the next rows of the order's index and returns those that match; so a filter
 * that few users match takes many steps, none of which is long.
 */
export function createUserPages(pool: ReadPool): UserPages {
  async function list({ filter, order, after, limit }: UserQuery): Promise<UserPage> {
    const { field, descending } = order;
    const users: UserRecord[] = [];
    let from = after;
    let last: UserCursor | undefined;
    for (let step = Math.min(2 * limit, MAX_STEP); ; step = Math.min(2 * step, MAX_STEP)) {
      const values = new Values();
      const scope = [
        ...(from ? [values.beyond(from, field, descending)] : []),
        ...(field === "id" ? values.role(filter) : []),
      ];
      const matches = [...(field === "id" ? [] : values.role(filter)), ...values.matching(filter)];
      const direction = descending ? "DESC" : "ASC";
      const backwards = descending ? "ASC" : "DESC";
      const text = `
        WITH scanned AS MATERIALIZED (
          SELECT ${USER_COLUMNS}, name_key, email_key, ${KEY_COLUMNS[field]} AS key FROM users ${where(scope)}
          ORDER BY ${KEY_COLUMNS[field]} ${direction}, id ${direction} LIMIT ${values.add(step)}
        )
        (SELECT ${USER_COLUMNS}, key, false FROM scanned ${where(matches)}
          ORDER BY key ${direction}, id ${direction} LIMIT ${values.add(limit + 1 - users.length)})
        UNION ALL
        (SELECT ${USER_COLUMNS}, key, true FROM scanned WHERE (SELECT count(*) FROM scanned) = ${values.add(step)}
          ORDER BY key ${backwards}, id ${backwards} LIMIT 1)`;
      const rows = await pool.run(connection => connection.rows<StepRow>(statementOf(text, filter), values.list));
      let end: UserCursor | undefined;
      for (const row of rows) {
        const cursor = { key: row[KEY_INDEX], id: row[0] };
        if (row[IS_END_INDEX]) end = cursor;
        else if (users.length === limit) return { users, next: last };
        else {
          users.push(userFromRow(row));
          last = cursor;
        }
      }
      if (end === undefined) return { users, next: undefined };
      from = end;
    }
  }

  async function count(filter: UserFilter): Promise<number> {
    let total = 0;
    for (let from = 0; ; ) {
      const values = new Values();
      const scope = [`id > ${values.add(from)}`, ...values.role(filter)];
      const text = `
        SELECT count(*) FILTER (WHERE ${values.matching(filter).join(" AND ") || "true"}), count(*), max(id) FROM (
          SELECT id, name_key, email_key, delete_time FROM users ${where(scope)} ORDER BY id LIMIT ${MAX_STEP}
        ) AS scanned`;
      const [row] = await pool.run(connection =>
        connection.rows<[number, number, number]>(statementOf(text, filter), values.list),
      );
      const [matching = 0, looked = 0, end = 0] = row ?? [];
      total += matching;
      if (looked < MAX_STEP) return total;
      from = end;
    }
  }

  return { list, count };
}

/** Text that a statement looks for in names and emails, at most, for it to stay prepared: those of others have too many shapes. */
const MAX_PREPARED_TEXTS = 2;

function statementOf(text: string, { name = [], email = [], text: either = [] }: UserFilter): Statement {
  if (name.length + email.length + either.length > MAX_PREPARED_TEXTS) return { text };
  return { text, name: createHash("sha256").update(text).digest("base64url").slice(0, 40) };
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

/** What the numbered places of a statement stand for. */
class Values {
  readonly list: unknown[] = [];

  /** Adds a value and returns its place. */
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }

  beyond({ key, id }: UserCursor, field: OrderField, descending: boolean): string {
    const later = descending ? "<" : ">";
    if (field === "id") return `id ${later} ${this.add(id)}::bigint`;
    return `(${KEY_COLUMNS[field]}, id) ${later} (${this.add(key)}::${KEY_TYPES[field]}, ${this.add(id)}::bigint)`;
  }

  role({ role }: UserFilter): string[] {
    return role === undefined ? [] : [`role = ${this.add(role)}`];
  }

  matching({ name = [], email = [], text = [], includeDeleted = false }: UserFilter): string[] {
    const holds = (column: string, part: string) => `strpos(${column}, ${this.add(foldText(part))}) > 0`;
    return [
      ...name.map(part => holds("name_key", part)),
      ...email.map(part => holds("email_key", part)),
      ...text.map(part => `(${holds("name_key", part)} OR ${holds("email_key", part)})`),
      ...(includeDeleted ? [] : ["delete_time IS NULL"]),
    ];
  }
}
