import { isDeepStrictEqual } from "node:util";
import { START_POSITION, type UserRecord } from "../../server/store/records.ts";
import { openConnection } from "../../server/store/sqlite/database.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import { halfWritten } from "./batches.ts";

/** What is in a store, and what should not be so. */
export interface StoreCheck {
  readonly users: ReadonlyMap<number, UserRecord>;
  /** One sentence each; empty where all is well. */
  readonly problems: readonly string[];
}

/**
 * Holds a store's users against their whole history, from which nothing was trimmed: events are numbered without a gap,
 * each user is what its last event says and was created once, and no batch is half there. The file, where there is one, has
 * to pass SQLite's own check, too.
 */
export async function checkStore(store: UserStore, file: string | undefined): Promise<StoreCheck> {
  const problems = file === undefined ? [] : integrityProblems(file);
  const users = await readUsers(store);
  const { events } = await store.readEvents(START_POSITION, Number.MAX_SAFE_INTEGER);
  const told = new Map<number, UserRecord | undefined>();
  let tx = 0n;
  for (const [index, { position, userId, type, user }] of events.entries()) {
    const seq = BigInt(index + 1);
    if (position.seq !== seq) problems.push(`event ${seq} has number ${position.seq}`);
    // A transaction is named by its first event.
    if (position.tx !== tx) tx = seq;
    if (position.tx !== tx) problems.push(`event ${seq} is of transaction ${position.tx}, not ${tx}`);
    if ((type === "created") === told.has(userId)) problems.push(`event ${seq}, "${type}", of user ${userId}`);
    told.set(userId, user);
  }
  for (const [id, user] of users) {
    if (!isDeepStrictEqual(told.get(id), user)) problems.push(`user ${id} is not what its last event says`);
  }
  for (const id of told.keys()) if (!users.has(id)) problems.push(`user ${id} has events alone`);
  problems.push(...halfWritten([...users.values()].map(({ name }) => name)).map(label => `batch ${label} is torn`));
  return { users, problems };
}

function integrityProblems(file: string): string[] {
  const database = openConnection(file, { readOnly: true });
  try {
    const rows = database.prepare("PRAGMA integrity_check").all();
    return rows.map(row => String(row.integrity_check)).filter(text => text !== "ok");
  } finally {
    database.close();
  }
}

async function readUsers(store: UserStore): Promise<Map<number, UserRecord>> {
  const order = { field: "id", descending: false } as const;
  const { users } = await store.listUsers({
    filter: { includeDeleted: true },
    order,
    limit: Number.MAX_SAFE_INTEGER - 1,
  });
  return new Map(users.map(user => [user.id, user]));
}
