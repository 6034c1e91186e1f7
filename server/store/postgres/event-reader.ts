import { PositionAheadError, PositionTrimmedError } from "../errors.ts";
import type { Position } from "../records.ts";
import type { EventBounds, EventPage } from "../user-store.ts";
import type { Connection } from "./connection.ts";
import type { ReadPool } from "./pool.ts";
import { EVENT_COLUMNS, type EventRow, eventFromRow } from "./rows.ts";
import { epochOf } from "./timeline.ts";

/** Reads of the history, as in the store. */
export interface EventReader {
  read(after: Position, limit: number): Promise<EventPage>;
  bounds(): Promise<EventBounds>;
}

const AFTER = {
  name: "events_after",
  text: `SELECT ${EVENT_COLUMNS} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2`,
};

/** The bounds, and after which event the first epoch later than that of a position began. */
const BOUNDS = {
  name: "event_bounds",
  text: `SELECT trimmed.tx::text, trimmed.seq, newest.tx::text, newest.seq, (SELECT min(seq) FROM forks WHERE epoch > $1)
    FROM trimmed LEFT JOIN (SELECT tx, seq FROM events ORDER BY seq DESC LIMIT 1) AS newest ON true`,
};
type BoundsRow = readonly [
  tx: string,
  seq: number,
  newestTx: string | null,
  newestSeq: number | null,
  fork: number | null,
];

/** What is kept of the history, and how far a reader from an earlier epoch may have come. */
export interface Bounds extends EventBounds {
  /** The last event that the reader's epoch had in common with the later ones; undefined where there are no later ones. */
  readonly fork: bigint | undefined;
}

/** Reads the bounds for a reader at a position. */
export async function readBounds(connection: Connection, reader: Position): Promise<Bounds> {
  const [row] = await connection.rows<BoundsRow>(BOUNDS, [epochOf(reader)]);
  if (row === undefined) throw new Error("the table trimmed has lost its row");
  const [tx, seq, newestTx, newestSeq, fork] = row;
  const oldest = { tx: BigInt(tx), seq: BigInt(seq) };
  const newest = newestTx === null || newestSeq === null ? oldest : { tx: BigInt(newestTx), seq: BigInt(newestSeq) };
  return { oldest, newest, fork: fork === null ? undefined : BigInt(fork) };
}

/** Throws {@link PositionTrimmedError} or {@link PositionAheadError} where a reader cannot go on from a position. */
export function checkPosition({ tx, seq }: Position, { oldest, newest, fork }: Bounds): void {
  if (seq < oldest.seq) throw new PositionTrimmedError(oldest);
  if (seq > newest.seq || (fork !== undefined && seq > fork) || tx > newest.tx) throw new PositionAheadError();
}

/** Makes the reads of the history of a pool. */
export function createEventReader(pool: ReadPool): EventReader {
  return {
    async read(after, limit) {
      const [rows, bounds] = await pool.run(connection =>
        // Looked up after the events: what is trimmed in between is missed by no one, for it throws here.
        Promise.all([connection.rows<EventRow>(AFTER, [after.seq, limit]), readBounds(connection, after)]),
      );
      checkPosition(after, bounds);
      const events = rows.map(eventFromRow);
      return { events, next: events.at(-1)?.position ?? after };
    },
    async bounds() {
      const { oldest, newest } = await pool.run(connection => readBounds(connection, { tx: 0n, seq: 0n }));
      return { oldest, newest };
    },
  };
}
