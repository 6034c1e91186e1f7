import assert from "node:assert/strict";
import { test } from "node:test";
import { startPostgres } from "../../../test/support/postgres.ts";
import { createUser, newUser, TIME } from "../contract/driver.ts";
import { START_POSITION } from "../records.ts";
import { connect } from "./connection.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { parsePostgresUrl } from "./url.ts";

/** More often than the server plans a prepared statement by its values, before it keeps one plan for all. */
const BATCHES_BEFORE_PLANS = 10;

/** So many that whoever reads all of them once is found out. */
const USERS = 2000;

test("no statement reads the whole of a table", async () => {
  // Nothing is analyzed, so plans stay as they are.
  await using server = await startPostgres({ settings: { fsync: "off", autovacuum: "off" } });
  const url = await server.createDatabase();
  {
    await using store = await openPostgresStore({ url });
    const change = async (id: number) => {
      const request = { id: `r${id}`, fingerprint: "f" };
      await store.write({ kind: "update", time: TIME, id, changes: { email: `new${id}@example.com` }, request });
      await store.write({ kind: "delete", time: TIME, id });
      await store.write({ kind: "undelete", time: TIME, id });
      await store.getUser(id);
      await store.getUsers([id]);
      await store.getUserByEmail(`new${id}@example.com`);
      await store.readEvents(START_POSITION, 10);
    };
    for (let batch = 0; batch < BATCHES_BEFORE_PLANS; batch++) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => createUser(store, newUser(`u${50 * batch + i}`))));
      await change(batch + 1);
    }
    const users = Array.from({ length: USERS }, (_, i) => newUser(`many${i}`));
    await store.write({ kind: "create", time: TIME, users });
    for (let round = 1; round <= 3; round++) {
      await createUser(store, newUser(`late${round}`));
      await change(1000 + round);
    }
  }
  const connection = await connect(parsePostgresUrl(url), { name: "test", timeouts: { statement: 30_000 } });
  const text = `SELECT relname, (seq_tup_read + sum(idx_tup_read))::bigint
    FROM pg_stat_user_tables JOIN pg_stat_user_indexes USING (relid, relname)
    WHERE relname IN ('users', 'events', 'requests', 'commits') GROUP BY relname, seq_tup_read`;
  const read = Object.fromEntries(await connection.rows<[string, number]>({ text }));
  await connection.close();
  for (const [table, rows] of Object.entries(read)) assert.ok(rows < USERS, `${rows} rows of ${table} were read`);
});
