import { setImmediate as nextTurn } from "node:timers/promises";
import { foldText, type OrderField, type UserCursor, type UserFilter, type UserQuery } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import type { UserPage } from "../user-store.ts";
import type { Database, Statement, Value } from "./database.ts";
import { USER_COLUMNS, type UserRow, userFromRow } from "./rows.ts";

/** Pages and counts that never read more than {@link MAX_STEP} rows between two turns of the event loop. */
export interface UserPages {
  list(query: UserQuery): Promise<UserPage>;
  count(filter: UserFilter): Promise<number>;
}

/** The most rows that one step looks at: a few milliseconds. */
const MAX_STEP = 8192;

/** Statements that stay prepared. Their shapes are few, unless someone plays with filters. */
const MAX_STATEMENTS = 64;

const KEY_COLUMNS: Record<OrderField, string> = {
  id: "id",
  name: "name_key",
  email: "email_key",
  createTime: "create_time",
};

interface Clause {
  readonly sql: string;
  readonly values: readonly Value[];
}

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
    const column = KEY_COLUMNS[order.field];
    const direction = order.descending ? "DESC" : "ASC";
    const sort = column === "id" ? `id ${direction}` : `${column} ${direction}, id ${direction}`;
    // Users of a role have an index by id; with any other order it must not tempt SQLite away from that order's own.
    const inRole = column === "id" ? equalsRole(filter, "role") : undefined;
    const matches = joined([...matchClauses(filter), inRole ? undefined : equalsRole(filter, "+role")]);
    const users: UserRecord[] = [];
    let from = after;
    for (let step = Math.min(2 * limit, MAX_STEP); ; step = Math.min(2 * step, MAX_STEP)) {
      const scope = joined([inRole, from && boundary(column, order.descending ? "<" : ">", from)]);
      const sqlOfEnd = `SELECT ${column} AS key, id FROM users WHERE ${scope.sql} ORDER BY ${sort} LIMIT 1 OFFSET ?`;
      const end = prepare(sqlOfEnd).get(...scope.values, step - 1) as UserCursor | undefined;
      const range = joined([scope, end && boundary(column, order.descending ? ">=" : "<=", end), matches]);
      const sqlOfRows = `SELECT ${USER_COLUMNS}, ${column} AS key FROM users WHERE ${range.sql} ORDER BY ${sort} LIMIT ?`;
      const rows = prepare(sqlOfRows).all(...range.values, limit + 1 - users.length) as unknown as KeyedRow[];
      for (const row of rows) {
        if (users.length === limit) return { users, next: from };
        users.push(userFromRow(row));
        from = { key: row.key, id: row.id };
      }
      if (end === undefined) return { users, next: undefined };
      if (users.length === limit) return { users, next: from };
      from = { key: end.key, id: end.id };
      await nextTurn();
    }
  }

  async function count(filter: UserFilter): Promise<number> {
    const inRole = equalsRole(filter, "role");
    const matches = joined(matchClauses(filter));
    let total = 0;
    for (let from: UserCursor | undefined; ; await nextTurn()) {
      const scope = joined([inRole, from && boundary("id", ">", from)]);
      const sqlOfEnd = `SELECT id AS key, id FROM users WHERE ${scope.sql} ORDER BY id LIMIT 1 OFFSET ?`;
      const end = prepare(sqlOfEnd).get(...scope.values, MAX_STEP - 1) as UserCursor | undefined;
      const range = joined([scope, end && boundary("id", "<=", end), matches]);
      total += Number(prepare(`SELECT count(*) AS n FROM users WHERE ${range.sql}`).get(...range.values)?.n);
      if (end === undefined) return total;
      from = end;
    }
  }

  return { list, count };
}

type KeyedRow = UserRow & { readonly key: string | number };

function boundary(column: string, operator: string, at: UserCursor): Clause {
  if (column === "id") return { sql: `id ${operator} ?`, values: [at.id] };
  return { sql: `(${column}, id) ${operator} (?, ?)`, values: [at.key, at.id] };
}

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

function joined(clauses: readonly (Clause | undefined)[]): Clause {
  const present = clauses.filter(clause => clause !== undefined && clause.sql !== "TRUE") as Clause[];
  if (present.length === 0) return { sql: "TRUE", values: [] };
  return { sql: present.map(({ sql }) => sql).join(" AND "), values: present.flatMap(({ values }) => values) };
}
