import { setImmediate as nextTurn } from "node:timers/promises";
import { foldText, ORDER_BY_ID, type UserCursor, type UserFilter, type UserQuery } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import type { UserPage } from "../user-store.ts";
import { type Clause, joined } from "./clause.ts";
import type { Database, Statement } from "./database.ts";
import { createWalk } from "./index-walk.ts";
import { USER_COLUMNS, type UserRow, userFromRow } from "./rows.ts";

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
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
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
      const end = prepare(sqlOfEnd).get(...scope.values, step - 1) as UserCursor | undefined;
      const range = joined([scope, end && walk.until(end), matches]);
      const sqlOfRows = `SELECT ${USER_COLUMNS}, ${columns} FROM users WHERE ${range.sql} ORDER BY ${sort} LIMIT ?`;
      const rows = prepare(sqlOfRows).all(...range.values, limit + 1 - users.length) as unknown as KeyedRow[];
      for (const row of rows) {
        if (users.length === limit) return { users, next: last };
        users.push(userFromRow(row));
        last = { key: row.key, id: row.id };
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
      const end = prepare(sqlOfEnd).get(...scope.values, MAX_STEP - 1) as UserCursor | undefined;
      const range = joined([scope, end && walk.until(end), matches]);
      total += Number(prepare(`SELECT count(*) AS n FROM users WHERE ${range.sql}`).get(...range.values)?.n);
      if (!walk.goOn(end)) return total;
      await nextTurn();
    }
  }

  return { list, count };
}

type KeyedRow = UserRow & { readonly key: string | number };

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
