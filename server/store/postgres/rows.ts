import { types } from "pg";
import type { EventRecord } from "../records.ts";
import { userFromJson } from "../user-rows.ts";

/** The columns of {@link EventRow}, in its order. */
export const EVENT_COLUMNS = `seq, tx::text, user_id, type, time, "user", before, payload`;

/** A row of `events`. */
export type EventRow = readonly [
  seq: number,
  tx: string,
  userId: number,
  type: string,
  time: number,
  user: string | null,
  before: string | null,
  payload: Uint8Array | null,
];

/** Types of PostgreSQL by their number in `pg_type`. */
const INT8 = 20;
const BYTEA = 17;

/** Reads values: `bigint` as a number, since ids, numbers of events and times stay below 2⁵³; `bytea` as plain bytes. */
export const typeParsers = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === INT8) return Number;
    if (oid === BYTEA) return (text: string) => new Uint8Array(Buffer.from(text.slice(2), "hex"));
    return types.getTypeParser(oid, format as "text");
  },
};

/** Reads an event from its row. */
export function eventFromRow(row: EventRow): EventRecord {
  const [seq, tx, userId, type, time, user, before, payload] = row;
  return {
    position: { tx: BigInt(tx), seq: BigInt(seq) },
    userId,
    type,
    time,
    user: user === null ? undefined : userFromJson(user),
    before: before === null ? undefined : userFromJson(before),
    payload: payload ?? undefined,
  };
}
