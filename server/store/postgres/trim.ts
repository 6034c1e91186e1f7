import type { RetentionLimits } from "../user-store.ts";
import type { ReadPool } from "./pool.ts";

/** The most rows that one statement removes, so that nothing waits for it for long. */
const ROWS_PER_STEP = 1000;

/** Milliseconds that the ids of batches are kept: far longer than anybody waits for one that got no reply. */
const COMMITS_MS = 3_600_000;

const BOUNDS = {
  name: "trim_bounds",
  text: "SELECT seq, greatest((SELECT max(seq) FROM events), seq) FROM trimmed",
};
const BEGINS = { name: "trim_begins", text: "SELECT tx % 281474976710656 FROM events WHERE seq = $1" };
const YOUNG = {
  name: "trim_young",
  text: "SELECT min(seq) FROM events WHERE seq >= $1 AND seq < $2 AND time >= $3",
};
const SET_TRIMMED = {
  name: "set_trimmed",
  text: "UPDATE trimmed SET tx = events.tx, seq = events.seq FROM events WHERE events.seq = $1 AND trimmed.seq < $1",
};
// What another replica is removing at the moment is left to it.
const removal = (table: string, key: string, old: string) => ({
  name: `remove_${table}`,
  text: `DELETE FROM ${table} WHERE ${key} IN
    (SELECT ${key} FROM ${table} WHERE ${old} < $1 ORDER BY ${old} LIMIT ${ROWS_PER_STEP} FOR UPDATE SKIP LOCKED)`,
});
const REMOVE_EVENTS = removal("events", "seq", "seq");
const REMOVE_REQUESTS = removal("requests", "id", "time");
const REMOVE_COMMITS = removal("commits", "id", "time");

/**
 * Removes old events, request ids and ids of batches, a statement at a time; any number of replicas may at once. The events are
 * out of reach from the first step on, so that no reader ever sees half of a transaction. `now` is in milliseconds since 1970.
 */
export async function trim(
  pool: ReadPool,
  limits: RetentionLimits,
  now: number,
): Promise<{ readonly events: number; readonly requests: number }> {
  const { maxRequestAgeMs } = limits;
  const keepFrom = await firstKept(pool, limits, now);
  await pool.run(connection => connection.run(SET_TRIMMED, [keepFrom - 1]));
  const events = await removeAll(pool, REMOVE_EVENTS, keepFrom);
  const requests = maxRequestAgeMs === undefined ? 0 : await removeAll(pool, REMOVE_REQUESTS, now - maxRequestAgeMs);
  await removeAll(pool, REMOVE_COMMITS, now - COMMITS_MS);
  return { events, requests };
}

async function removeAll(pool: ReadPool, statement: typeof REMOVE_EVENTS, before: number): Promise<number> {
  for (let total = 0; ; ) {
    const removed = await pool.run(connection => connection.run(statement, [before]));
    total += removed;
    if (removed < ROWS_PER_STEP) return total;
  }
}

/**
 * The seq of the first event to keep, which begins a transaction. By age an event goes only where all before it are as old:
 * times step back where a clock does, and what was written then is no older than what was written before.
 */
async function firstKept(pool: ReadPool, { maxEventAgeMs, maxEvents }: RetentionLimits, now: number): Promise<number> {
  const [row] = await pool.run(connection => connection.rows<[number, number]>(BOUNDS));
  const [trimmed = 0, newest = 0] = row ?? [];
  const end = newest + 1;
  let first = trimmed + 1;
  if (maxEvents !== undefined) first = Math.max(first, end - maxEvents);
  if (maxEventAgeMs !== undefined) {
    for (let young: number | null = null; first < end && young === null; ) {
      // Events are numbered without gaps.
      const range = [first, Math.min(first + ROWS_PER_STEP, end), now - maxEventAgeMs] as const;
      young = (await pool.run(connection => connection.rows<[number | null]>(YOUNG, range)))[0]?.[0] ?? null;
      first = young ?? range[1];
    }
  }
  const [kept] = await pool.run(connection => connection.rows<[number]>(BEGINS, [first]));
  return kept?.[0] ?? end;
}
