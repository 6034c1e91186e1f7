import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startPostgres } from "../../../test/support/postgres.ts";
import { type Connection, connect } from "./connection.ts";
import type { PreparedStatement } from "./flight.ts";
import { parsePostgresUrl } from "./url.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const BEGIN: PreparedStatement = { name: "begin", text: "BEGIN" };
const COMMIT: PreparedStatement = { name: "commit", text: "COMMIT" };
const PUT: PreparedStatement = { name: "put", text: "INSERT INTO pg_temp.kept SELECT unnest($1::text[])" };
const DIVIDE: PreparedStatement = { name: "divide", text: "SELECT 6 / $1::int, 'six'" };
const ALL: PreparedStatement = { name: "all", text: "SELECT * FROM pg_temp.kept ORDER BY 1" };

async function open(): Promise<Connection & AsyncDisposable> {
  const target = parsePostgresUrl(await server.createDatabase());
  const connection = await connect(target, { name: "test", timeouts: { statement: 30_000 }, pipelined: false });
  await connection.command('CREATE TEMP TABLE kept (what text COLLATE "C")');
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

test("statements that fly together have a reply each, in their order", async () => {
  await using connection = await open();
  const texts = ["a\"b\\c'd", "{NULL}", "ünï\u{1f600}\n"];
  const replies = await connection.together([[BEGIN], [PUT, texts], [DIVIDE, 2], [DIVIDE, null], [COMMIT], [ALL]]);
  assert.deepEqual(
    replies.map(({ tag }) => tag),
    ["BEGIN", "INSERT 0 3", "SELECT 1", "SELECT 1", "COMMIT", "SELECT 3"],
  );
  assert.deepEqual(
    replies.map(({ rows }) => rows),
    [[], [], [[3, "six"]], [[null, "six"]], [], [...texts].sort().map(text => [text])],
  );
});

test("after a statement that fails none is done, and each can be sent again", async () => {
  await using connection = await open();
  const zero = connection.together([[BEGIN], [PUT, ["lost"]], [DIVIDE, 0], [PUT, ["never"]], [COMMIT]]);
  await assert.rejects(zero, { message: "division by zero", severity: "ERROR" });
  // The COMMIT was not reached.
  await assert.rejects(connection.together([[ALL]]), { code: "25P02" });
  const ended = await connection.together([[COMMIT]]);
  assert.equal(ended[0]?.tag, "ROLLBACK");
  const replies = await connection.together([[BEGIN], [PUT, ["kept"]], [DIVIDE, 3], [COMMIT], [ALL]]);
  assert.deepEqual(replies.at(-1)?.rows, [["kept"]]);
});

test("a flight whose connection is lost fails", async () => {
  await using connection = await open();
  const lost = connection.together([[{ name: "sleep", text: "SELECT pg_sleep(600)" }]]);
  connection.cut();
  await assert.rejects(lost, /Connection terminated/);
});
