import { type Position, START_POSITION } from "../records.ts";
import type { Connection } from "./connection.ts";
import { LOCK_USERS } from "./write-batch.ts";

/*
 * A server that takes over from one whose last commits it never got gives their numbers to other events, so a position past
 * that point means something else from then on. A promotion, and a restore to a point in time, begins a new timeline:
 * https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-TIMELINES
 * So the timelines that a database has been on are counted; the count, its epoch, stands above the number in `Position.tx`,
 * and `forks` says after which event each began.
 */

/** The bits of `Position.tx` below the epoch: numbers of events up to 2.8 · 10¹⁴. */
const SEQ_BITS = 48n;

/** The part of `Position.tx` that tells an epoch, for its transactions to be added to. */
export function epochBase(epoch: number): bigint {
  return BigInt(epoch) << SEQ_BITS;
}

/** The epoch in which an event of a position was written. */
export function epochOf({ tx }: Position): number {
  return Number(tx >> SEQ_BITS);
}

/**
 * Returns the epoch that the database is in, and begins one where the server is on another timeline than at the last look.
 * Has to come before the first write of every connection. The connection must not be used by anybody else meanwhile.
 */
export async function enterTimeline(connection: Connection): Promise<number> {
  const timeline = await readTimeline(connection);
  const known = await newestFork(connection);
  if (known?.timeline === timeline) return known.epoch;
  await connection.command("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    await connection.rows(LOCK_USERS);
    const last = await newestFork(connection);
    const epoch = last === undefined ? epochOf(START_POSITION) : last.epoch + 1;
    if (last?.timeline !== timeline) await connection.run(BEGIN_EPOCH, [epoch, timeline]);
    await connection.command("COMMIT");
    return last?.timeline === timeline ? last.epoch : epoch;
  } catch (error) {
    await connection.command("ROLLBACK").catch(() => {});
    throw error;
  }
}

const BEGIN_EPOCH = {
  name: "begin_epoch",
  text: `INSERT INTO forks SELECT $1, $2, greatest((SELECT max(seq) FROM events), (SELECT seq FROM trimmed))`,
};

async function newestFork(connection: Connection): Promise<{ epoch: number; timeline: string } | undefined> {
  const text = "SELECT epoch, timeline FROM forks ORDER BY epoch DESC LIMIT 1";
  const [row] = await connection.rows<[number, string]>({ name: "newest_fork", text });
  return row && { epoch: row[0], timeline: row[1] };
}

/** The timeline, 8 hexadecimal digits that begin the name of a segment; "" where a server of another make has none. */
async function readTimeline(connection: Connection): Promise<string> {
  const text = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)";
  return connection.rows<[string]>({ name: "timeline", text }).then(
    ([row]) => row?.[0] ?? "",
    () => "",
  );
}
