import { PositionAheadError, PositionTrimmedError } from "../errors.ts";
import { comparePositions, type Position } from "../records.ts";
import type { EventBounds, EventPage } from "../user-store.ts";
import type { Database } from "./database.ts";
import { type EventRow, eventFromRow } from "./rows.ts";

/** Reads of the history. */
export interface EventReader {
  /** As `readEvents` of the store. */
  read(after: Position, limit: number): EventPage;
  /** As `eventBounds` of the store. */
  bounds(): EventBounds;
}

/** Prepares the reads of the history on a connection. With one writer a position's `seq` alone says where it is. */
export function createEventReader(database: Database): EventReader {
  const findAfter = database.prepare(
    "SELECT seq, tx, user_id, type, time, user, before, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
  );
  const findTrimmed = database.prepare(
    `SELECT (SELECT value FROM meta WHERE key = 'trimmed_tx') AS tx,
            (SELECT value FROM meta WHERE key = 'trimmed_seq') AS seq`,
  );
  const findNewest = database.prepare("SELECT tx, seq FROM events ORDER BY seq DESC LIMIT 1");

  function trimmed(): Position {
    return positionFromRow(findTrimmed.get() as unknown as PositionRow);
  }

  function bounds(): EventBounds {
    const newest = findNewest.get();
    const oldest = trimmed();
    return { oldest, newest: newest ? positionFromRow(newest as unknown as PositionRow) : oldest };
  }

  return {
    read(after, limit) {
      const rows = findAfter.all(after.seq, limit) as unknown as EventRow[];
      // Looked up after the events: what is trimmed in between is missed by no one, for it throws here.
      const oldest = trimmed();
      if (after.seq < oldest.seq) throw new PositionTrimmedError(oldest);
      if (rows.length === 0) {
        const { newest } = bounds();
        if (comparePositions(after, newest) > 0) throw new PositionAheadError();
      }
      const events = rows.map(eventFromRow);
      return { events, next: events.at(-1)?.position ?? after };
    },
    bounds,
  };
}

interface PositionRow {
  readonly tx: number;
  readonly seq: number;
}

function positionFromRow({ tx, seq }: PositionRow): Position {
  return { tx: BigInt(tx), seq: BigInt(seq) };
}
