import type { RetentionLimits } from "../user-store.ts";
import type { Database } from "./database.ts";
import { prepareCommitMark } from "./own-journal.ts";

/** The most rows that one transaction removes, so that other writes wait for a few milliseconds at most. */
const ROWS_PER_STEP = 1000;

/**
 * Removes old events and request ids, a step and a transaction at a time; other writes may come between two steps. The
 * events are out of reach from the first step on, so that no reader ever sees half of a transaction.
 */
export function* trimSteps(
  database: Database,
  limits: RetentionLimits,
  now: number,
): Generator<void, { events: number; requests: number }> {
  const mark = prepareCommitMark(database);
  const keepFrom = yield* firstKept(database, limits, now);
  setTrimmed(database, keepFrom - 1);
  yield;
  const removeEvents = database.prepare(
    "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq < ? ORDER BY seq LIMIT ?)",
  );
  const events = yield* removeAll(() => inTransaction(database, mark, () => removeEvents.run(keepFrom, ROWS_PER_STEP)));
  if (limits.maxRequestAgeMs === undefined) return { events, requests: 0 };
  const before = now - limits.maxRequestAgeMs;
  const removeRequests = database.prepare(
    "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE time < ? ORDER BY time LIMIT ?)",
  );
  const requests = yield* removeAll(() =>
    inTransaction(database, mark, () => removeRequests.run(before, ROWS_PER_STEP)),
  );
  return { events, requests };
}

function inTransaction<T>(database: Database, mark: () => void, write: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  const written = write();
  mark();
  database.exec("COMMIT");
  return written;
}

function* removeAll(removeSome: () => { readonly changes: number | bigint }): Generator<void, number> {
  let total = 0;
  for (;;) {
    const removed = Number(removeSome().changes);
    total += removed;
    if (removed < ROWS_PER_STEP) return total;
    yield;
  }
}

/**
 * The seq of the first event to keep, which begins a transaction. By age an event goes only where all before it are as
 * old: times step back where a clock does, and what was written then is no older than what was written before.
 */
function* firstKept(database: Database, limits: RetentionLimits, now: number): Generator<void, number> {
  const { maxEventAgeMs, maxEvents } = limits;
  const trimmed = database.prepare("SELECT value FROM meta WHERE key = 'trimmed_seq'").get();
  const newest = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
  const end = Number(newest?.seq ?? 0) + 1;
  let first = Number(trimmed?.value) + 1;
  if (maxEvents !== undefined) first = Math.max(first, end - maxEvents);
  if (maxEventAgeMs !== undefined) {
    // Events are numbered without gaps.
    const findYoung = database.prepare("SELECT min(seq) AS seq FROM events WHERE seq >= ? AND seq < ? AND time >= ?");
    let young: unknown;
    while (first < end) {
      const until = Math.min(first + ROWS_PER_STEP, end);
      young = findYoung.get(first, until, now - maxEventAgeMs)?.seq;
      first = Number(young ?? until);
      if (young !== null) break;
      yield;
    }
  }
  const kept = database.prepare("SELECT tx FROM events WHERE seq = ?").get(first);
  return kept === undefined ? end : Number(kept.tx);
}

function setTrimmed(database: Database, seq: number): void {
  const last = database.prepare("SELECT tx FROM events WHERE seq = ?").get(seq);
  if (last === undefined) return;
  const put = database.prepare("UPDATE meta SET value = ? WHERE key = ? AND value < ?1");
  inTransaction(
    database,
    () => put.run(seq, "trimmed_seq"),
    () => put.run(Number(last.tx), "trimmed_tx"),
  );
}
