import type { OrderField, UserCursor, UserOrder } from "../queries.ts";
import type { Clause } from "./clause.ts";

const KEY_COLUMNS: Record<OrderField, string> = {
  id: "id",
  name: "name_key",
  email: "email_key",
  createTime: "create_time",
};

/**
 * A way through the users in an order, one range of an index after the other. SQLite looks up only the first column of
 * `(key, id) > (?, ?)` where `id` is the rowid, and would read all users with the same key again; so the rest of those
 * is a range of its own.
 */
export interface IndexWalk {
  /** Selects the cursor of a user. */
  readonly columns: string;
  /** For ORDER BY. */
  readonly sort: string;
  /** The range that comes next. */
  scope(): Clause | undefined;
  /** The part of that range up to a user in it, in whose place the walk then goes on. */
  until(end: UserCursor): Clause;
  /** Leaves the range behind, or its part up to `end`. Returns whether there is more. */
  goOn(end: UserCursor | undefined): boolean;
}

/** Begins a walk after a user, or at the first one. */
export function createWalk({ field, descending }: UserOrder, after: UserCursor | undefined): IndexWalk {
  const column = KEY_COLUMNS[field];
  const later = descending ? "<" : ">";
  const earlier = descending ? ">" : "<";
  const direction = descending ? "DESC" : "ASC";
  const beforeAll = descending ? Number.MAX_SAFE_INTEGER : 0;

  if (field === "id") {
    let from = after?.id ?? beforeAll;
    return {
      columns: "id AS key, id",
      sort: `id ${direction}`,
      scope: () => ({ sql: `id ${later} ?`, values: [from] }),
      until: ({ id }) => ({ sql: `id ${earlier}= ?`, values: [id] }),
      goOn(end) {
        from = end?.id ?? from;
        return end !== undefined;
      },
    };
  }

  // With an id: the users of this key after it. Without: those of all later keys.
  let at: { readonly key?: string | number; readonly id?: number } = after ?? {};
  return {
    columns: `${column} AS key, id`,
    sort: `${column} ${direction}, id ${direction}`,
    scope() {
      const { key, id } = at;
      if (key === undefined) return undefined;
      if (id === undefined) return { sql: `${column} ${later} ?`, values: [key] };
      return { sql: `${column} = ? AND id ${later} ?`, values: [key, id] };
    },
    until({ key, id }) {
      if (at.id === undefined) return { sql: `${column} ${earlier} ?`, values: [key] };
      return { sql: `id ${earlier}= ?`, values: [id] };
    },
    goOn(end) {
      const inKey = at.id !== undefined;
      if (end === undefined) {
        at = at.key === undefined ? {} : { key: at.key };
        return inKey;
      }
      at = inKey ? end : { key: end.key, id: beforeAll };
      return true;
    },
  };
}
