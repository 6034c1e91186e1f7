import { setImmediate as nextTurn } from "node:timers/promises";
import { foldText, ORDER_BY_ID, type UserCursor, type UserFilter, type UserQuery } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { UserPage } from "../user-store.ts";
import { type Clause, joined } from "./clause.ts";
import type { Database, Statement, Value } from "./database.ts";
import { createWalk } from "./index-walk.ts";
import { prepareRows } from "./rows.ts";

/** Pages and counts that never read more than {@link MAX_STEP} rows between two turns of the event loop. */
export interface UserPages {
  list(query: UserQuery): Promise<UserPage>;
  count(filter: UserFilter): Promise<number>;
}

/** The most rows that one step looks at: a few milliseconds. */
const MAX_STEP = 1024;

/** Statements that stay prepared. Their shapes are few, unless someone plays with filters. */
const MAX_STATEMENTS = 64;

/**
 * Prepares pages of a connection. A step first finds the key that ends the next few rows of the index, then reads the
 * users up to that key which match; so a filter that few users match takes many steps, and none of them is long.
 */
export function createUserPages(database: Database): UserPages {
  const statements = new Map<string, Statement>();

  function prepare(sql: string): Statement {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    const statement = prepareRows(database, sql);
    statements.set(sql, statement);
    return statement;
  }

  function findEnd(sql: string, values: readonly Value[]): UserCursor | undefined {
    const row = prepare(sql).get(...values) as unknown as KeyColumns | undefined;
    return row && { key: row[0], id: row[1] };
  }

  async function list({ filter, order, after, limit }: UserQuery): Promise<UserPage> {
    const walk = createWalk(order, after);
    // Users of a role have an index by id; with any other order it must not tempt SQLite away from that order's own.
    const inRole = order.field === "id" ? equalsRole(filter, "role") : undefined;
    const matches = joined([...matchClauses(filter), inRole ? undefined : equalsRole(filter, "+role")]);
    const users: UserRecord[] = [];
    let last: UserCursor | undefined;
    let step = Math.min(2 * limit, MAX_STEP);
    for (;;) {
      const { columns, sort } = walk;
      const scope = joined([inRole, walk.scope()]);
      const sqlOfEnd = `SELECT ${columns} FROM users WHERE ${scope.sql} ORDER BY ${sort} LIMIT 1 OFFSET ?`;
      const end = findEnd(sqlOfEnd, [...scope.values, step - 1]);
      const range = joined([scope, end && walk.until(end), matches]);
      const sqlOfRows = `SELECT ${USER_COLUMNS}, ${columns} FROM users WHERE ${range.sql} ORDER BY ${sort} LIMIT ?`;
      const rows = prepare(sqlOfRows).all(...range.values, limit + 1 - users.length) as unknown as KeyedRow[];
      for (const row of rows) {
        if (users.length === limit) return { users, next: last };
        users.push(userFromRow(row));
        last = { key: row[KEY_INDEX], id: row[0] };
      }
      if (!walk.goOn(end)) return { users, next: undefined };
      if (end !== undefined) {
        if (users.length === limit) return { users, next: last };
        step = Math.min(2 * step, MAX_STEP);
        await nextTurn();
      }
    }
  }

  async function count(filter: UserFilter): Promise<number> {
    const inRole = equalsRole(filter, "role");
    const matches = joined(matchClauses(filter));
    let total = 0;
    const walk = createWalk(ORDER_BY_ID, undefined);
    for (;;) {
      const scope = joined([inRole, walk.scope()]);
      const sqlOfEnd = `SELECT ${walk.columns} FROM users WHERE ${scope.sql} ORDER BY id LIMIT 1 OFFSET ?`;
      const end = findEnd(sqlOfEnd, [...scope.values, MAX_STEP - 1]);
      const range = joined([scope, end && walk.until(end), matches]);
      const counted = prepare(`SELECT count(*) FROM users WHERE ${range.sql}`).get(...range.values);
      total += (counted as unknown as readonly [number])[0];
      if (!walk.goOn(end)) return total;
      await nextTurn();
    }
  }

  return { list, count };
}

/** What a walk selects. */
type KeyColumns = readonly [key: string | number, id: number];
type KeyedRow = readonly [...UserRow, ...KeyColumns];
/** Where the key stands in a {@link KeyedRow}. */
const KEY_INDEX = 10;

function equalsRole({ role }: UserFilter, column: "role" | "+role"): Clause | undefined {
  return role && { sql: `${column} = ?`, values: [role] };
}

function matchClauses({ name = [], email = [], text = [], includeDeleted = false }: UserFilter): Clause[] {
  return [
    ...name.map(part => ({ sql: "instr(name_key, ?) > 0", values: [foldText(part)] })),
    ...email.map(part => ({ sql: "instr(email_key, ?) > 0", values: [foldText(part)] })),
    ...text.map(foldText).map(part => ({
      sql: "(instr(name_key, ?) > 0 OR instr(email_key, ?) > 0)",
      values: [part, part],
    })),
    ...(includeDeleted ? [] : [{ sql: "delete_time IS NULL", values: [] }]),
  ];
}
