import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeCertificates } from "../../../test/support/certificates.ts";
import { freePort } from "../../../test/support/free-port.ts";
import { giveAway, startPostgres } from "../../../test/support/postgres.ts";
import { databaseOf, startProxy } from "../../../test/support/postgres-proxy.ts";
import { startTransactionPooler } from "../../../test/support/transaction-pooler.ts";
import { openPostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

/** Asserts that a store cannot be opened, and why, in a line that names the setting and shows no password. */
async function refused(url: string, reason: RegExp, options: Partial<PostgresStoreOptions> = {}): Promise<void> {
  await assert.rejects(openPostgresStore({ url, ...options }), (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "StoreOpenError", error.message);
    assert.match(error.message, /^DATABASE_URL: /);
    assert.match(error.message, reason);
    assert.doesNotMatch(error.message, /hunter2|\n/);
    return true;
  });
}

/** The URL of a database for another role. */
function as(role: string, database = "postgres"): string {
  return server.urlOf(database).replace("postgres@", `${role}@`);
}

test("a database, a role or a right that is missing is told with its remedy", async () => {
  await refused(
    server.urlOf("nowhere"),
    /there is no database "nowhere"; make it \(CREATE DATABASE\), or name another/,
  );
  await refused(as("nobody:hunter2"), /role "nobody" may not sign in .*mend the role, or pg_hba\.conf/);
  await server.query("CREATE ROLE guest LOGIN");
  await refused(as("guest"), /role "guest" has too few rights .*CREATE SCHEMA concierge AUTHORIZATION "guest"/);
  const database = databaseOf(await server.createDatabase());
  await server.query("CREATE ROLE member LOGIN");
  const setUp = await openPostgresStore({ url: server.urlOf(database) });
  await setUp.close();
  await refused(as("member", database), /role "member" has too few rights/);
});

test("a password that is wrong or missing is told", async () => {
  const file = join(server.data, "pg_hba.conf");
  const rules = readFileSync(file, "utf8");
  writeFileSync(file, `local all careful scram-sha-256\n${rules}`);
  await server.query("SELECT pg_reload_conf()");
  await server.query("CREATE ROLE careful LOGIN SUPERUSER PASSWORD 'correct horse'");
  const url = as("careful", databaseOf(await server.createDatabase()));
  await refused(url, /role "careful" needs a password; put it there or into DATABASE_PASSWORD_FILE/);
  await refused(url.replace("careful@", "careful:hunter2@"), /the password of role "careful" is not right/);
  const store = await openPostgresStore({ url: url.replace("careful@", "careful:correct%20horse@") });
  await store.close();
});

test("what listens there and is no server of PostgreSQL is told, and so is nobody at all", async t => {
  const web = createServer().listen(0, "127.0.0.1");
  t.after(() => web.close());
  await new Promise(resolve => web.once("listening", resolve));
  const { port } = web.address() as AddressInfo;
  const url = `postgresql://me:hunter2@127.0.0.1:${port}/d`;
  await refused(url, /127\.0\.0\.1:\d+ (cannot be used|took writes)/, { startWaitMs: 0 });
  const nobody = `postgresql://me:hunter2@127.0.0.1:${await freePort()},localhost:${await freePort()}/d`;
  const reason =
    /no server at 127\.0\.0\.1:\d+, localhost:\d+ took writes within 0 ms \(ECONNREFUSED\); start it, or name another/;
  await refused(nobody, reason, { startWaitMs: 0 });
});

test("the start waits for a server that is not there yet, and says for what", async t => {
  const other = await startPostgres();
  t.after(() => other[Symbol.asyncDispose]());
  await other.stop();
  const waiting = Promise.withResolvers<string>();
  const opening = openPostgresStore({ url: other.urlOf("postgres"), onNotice: waiting.resolve, startWaitMs: 600_000 });
  assert.match(await waiting.promise, /^waiting for a server at \/.*\(ENOENT\)$/);
  await other.start();
  await (await opening).close();
});

test("a schema of a newer release, and one of another program, is left as it is", async () => {
  const url = await server.createDatabase();
  const store = await openPostgresStore({ url });
  await store.close();
  const { Client } = await import("pg");
  const client = new Client({ host: server.socket, user: "postgres", database: databaseOf(url), ssl: false });
  await client.connect();
  await client.query("UPDATE concierge.meta SET value = '99' WHERE key = 'oldest_program'");
  await refused(
    url,
    /schema "concierge" has version 1, which takes programs from version 99 on, and this one knows 1; use a newer/,
  );
  await client.query("CREATE SCHEMA theirs; CREATE TABLE theirs.meta (key text, value text)");
  await refused(`${url}&schema=theirs`, /schema "theirs" holds a table "meta" of another program; name another schema/);
  await client.query("CREATE TABLE public.meta (id int)");
  await client.end();
  await refused(`${url}&schema=public`, /schema "public"/);
});

test("a pooler that gives each transaction another process is refused, one that does not is taken", async t => {
  const url = await server.createDatabase();
  const pooler = await startTransactionPooler(server, databaseOf(url));
  t.after(() => pooler[Symbol.asyncDispose]());
  const pooled = `postgresql://me:hunter2@127.0.0.1:${pooler.port}/d`;
  await refused(pooled, /is a pooler in transaction mode; set it to session mode \(pool_mode = session\)/);
  const proxy = await startProxy(server);
  t.after(() => proxy[Symbol.asyncDispose]());
  const store = await openPostgresStore({ url: proxy.urlOf(databaseOf(url)) });
  await store.close();
});

test("a server's certificate is checked, by its authority and its name", async t => {
  const { certFile, keyFile, caFile, ...certificates } = await makeCertificates();
  t.after(() => certificates[Symbol.dispose]());
  // Its key must belong to whoever the server runs as, and be closed to others.
  const port = await freePort();
  const secure = await startPostgres({
    settings: {
      fsync: "off",
      ssl: "on",
      ssl_cert_file: "server.pem",
      ssl_key_file: "server-key.pem",
      listen_addresses: "127.0.0.1",
      port: String(port),
    },
    prepare(data) {
      for (const [name, file] of [
        ["server.pem", certFile],
        ["server-key.pem", keyFile],
      ] as const) {
        writeFileSync(join(data, name), readFileSync(file), { mode: 0o600 });
        giveAway(join(data, name));
      }
    },
  });
  t.after(() => secure[Symbol.asyncDispose]());
  const url = (host: string, query: string) => `postgresql://postgres:hunter2@${host}:${port}/postgres?${query}`;
  const accepted = async (query: string, host = "127.0.0.1") => {
    const store = await openPostgresStore({ url: url(host, query) });
    await store.close();
  };
  await accepted(`sslmode=verify-full&sslrootcert=${caFile}`);
  await accepted(`sslmode=verify-ca&sslrootcert=${caFile}`);
  await accepted("sslmode=require");
  await refused(
    url("127.0.0.1", "sslmode=verify-full"),
    /the certificate of 127\.0\.0\.1:\d+ is not accepted .*sslrootcert/,
  );
  await refused(url("127.0.0.2", `sslmode=verify-full&sslrootcert=${caFile}`), /no server at|is not accepted/, {
    startWaitMs: 0,
  });
  const proxy = await startProxy(server);
  t.after(() => proxy[Symbol.asyncDispose]());
  const clear = `${proxy.urlOf("postgres")}?sslmode=verify-full`;
  await refused(clear, /does not speak TLS; turn it on there, or say sslmode=disable/);
});
