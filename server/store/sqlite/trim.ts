import type { RetentionLimits } from "../user-store.ts";
import type { Database } from "./database.ts";

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
  const keepFrom = firstKept(database, limits, now);
  setTrimmed(database, keepFrom - 1);
  yield;
  const removeEvents = database.prepare(
    "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq < ? ORDER BY seq LIMIT ?)",
  );
  const events = yield* removeAll(() => removeEvents.run(keepFrom, ROWS_PER_STEP).changes);
  if (limits.maxRequestAgeMs === undefined) return { events, requests: 0 };
  const before = now - limits.maxRequestAgeMs;
  const removeRequests = database.prepare(
    "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE time < ? ORDER BY time LIMIT ?)",
  );
  const requests = yield* removeAll(() => removeRequests.run(before, ROWS_PER_STEP).changes);
  return { events, requests };
}

function* removeAll(removeSome: () => number | bigint): Generator<void, number> {
  let total = 0;
  for (;;) {
    const removed = Number(removeSome());
    total += removed;
    if (removed < ROWS_PER_STEP) return total;
    yield;
  }
}

/** The seq of the first event to keep, which begins a transaction. */
function firstKept(database: Database, limits: RetentionLimits, now: number): number {
  const { maxEventAgeMs, maxEvents } = limits;
  const trimmed = database.prepare("SELECT value FROM meta WHERE key = 'trimmed_seq'").get();
  const newest = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
  const end = Number(newest?.seq ?? 0) + 1;
  let first = Number(trimmed?.value) + 1;
  if (maxEvents !== undefined) first = Math.max(first, end - maxEvents);
  const at = database.prepare("SELECT tx, time FROM events WHERE seq = ?");
  if (maxEventAgeMs !== undefined) {
    // Events are numbered without gaps, and their times ascend but for the steps of a clock.
    let high = end;
    while (first < high) {
      const middle = Math.floor((first + high) / 2);
      if (Number(at.get(middle)?.time) < now - maxEventAgeMs) first = middle + 1;
      else high = middle;
    }
  }
  return first >= end ? end : Number(at.get(first)?.tx);
}

function setTrimmed(database: Database, seq: number): void {
  const last = database.prepare("SELECT tx FROM events WHERE seq = ?").get(seq);
  if (last === undefined) return;
  const put = database.prepare("UPDATE meta SET value = ? WHERE key = ? AND value < ?1");
  database.exec("BEGIN IMMEDIATE");
  put.run(Number(last.tx), "trimmed_tx");
  put.run(seq, "trimmed_seq");
  database.exec("COMMIT");
}
