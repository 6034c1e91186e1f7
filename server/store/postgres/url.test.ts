import assert from "node:assert/strict";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { describeHosts, parsePostgresUrl } from "./url.ts";

test("a url names hosts, user, password, database and settings", async () => {
  const target = parsePostgresUrl(
    "postgres://me:p%40ss:word@db1,[::1]:5433,db.example.com:1/my%20data?schema=s_1&pool=9",
  );
  assert.equal(describeHosts(target.hosts), "db1:5432, [::1]:5433, db.example.com:1");
  assert.deepEqual([target.user, target.database, target.schema, target.pool], ["me", "my data", "s_1", 9]);
  assert.equal(await target.password(), "p@ss:word");
  const { hosts, schema, pool, password } = parsePostgresUrl("postgresql://me@/data?host=/var/run/postgresql");
  assert.equal(describeHosts(hosts), "/var/run/postgresql");
  assert.deepEqual([schema, pool, await password()], ["concierge", 2, undefined]);
});

test("certificates are verified unless the host is this machine, or the url says otherwise", () => {
  const tls = (host: string, query = "") => parsePostgresUrl(`postgresql://me@${host}/d${query}`).hosts[0]?.tls;
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) assert.equal(tls(host), false, host);
  for (const host of ["db", "10.0.0.1", "127.0.0.1.example.com", "[::2]"]) assert.deepEqual(tls(host), {}, host);
  assert.deepEqual(tls("localhost", "?sslmode=verify-full"), {});
  assert.equal(tls("db", "?sslmode=disable"), false);
  assert.deepEqual(tls("db", "?sslmode=require"), { rejectUnauthorized: false });
  const authorityAlone = tls("db", "?sslmode=verify-ca");
  assert.ok(authorityAlone && authorityAlone.rejectUnauthorized === undefined);
  assert.equal(authorityAlone.checkServerIdentity?.("other", {} as never), undefined);
});

test("a password comes from a file, as it is by then, without its last line feed", async t => {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  t.after(() => folder.remove());
  const file = join(folder.path, "password");
  writeFileSync(file, "one\n");
  const { password } = parsePostgresUrl("postgresql://me@db/d", file);
  assert.equal(await password(), "one");
  writeFileSync(file, "two");
  assert.equal(await password(), "two");
});

test("a url that is wrong in any part is refused in a line that names the part, and shows nothing of a password", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["postgresql:me@db/d", /is not of the form postgresql:\/\/USER@HOST:PORT\/DATABASE; percent-encode/],
    ["postgresql://db/d", /names no user/],
    ["postgresql://me:hunter2@db", /names no database/],
    ["postgresql://me:hunter2@/d", /names no host/],
    ["postgresql://me:hunter2@db:x/d", /the port of host 1 is not a number from 1 to 65535/],
    ["postgresql://me:hunter2@a,b:99999/d", /the port of host 2 is not a number/],
    ["postgresql://me:hunter2@a b/d", /host 1 is no host name or address/],
    ["postgresql://me:hunter2@[1.2.3.4]/d", /host 1 is no host name or address/],
    ["postgresql://me:hunter2@db/d?host=/tmp", /names hosts twice/],
    [
      "postgresql://me:hunter2@db/d?sslmode=prefer",
      /sslmode "prefer" is not one of disable, require, verify-ca, verify-full/,
    ],
    ["postgresql://me:hunter2@db/d?sslrootcert=/nowhere/ca.pem", /sslrootcert "\/nowhere\/ca.pem" .*\(ENOENT\)/],
    ["postgresql://me:hunter2@db/d?schema=Public", /schema "Public" is not a name/],
    ["postgresql://me:hunter2@db/d?schema=pg_mine", /schema "pg_mine" is not a name/],
    ["postgresql://me:hunter2@db/d?pool=0", /pool "0" is not a whole number from 1 to 64/],
    ["postgresql://me:hunter2@db/d?target_session_attrs=any", /target_session_attrs "any" is not read-write/],
    ["postgresql://me:hunter2@db/d?timeout=5", /parameter "timeout" is not one of host, sslmode/],
    ["postgresql://me:hunter2@db/d?pool=1&pool=2", /parameter "pool" is there twice/],
    ["postgresql://me:hunter2%@db/d", /its password holds a % that does not begin an escape/],
    // Of a password whose special characters are not encoded, any part of the url may be the rest.
    ["postgresql://me:hunt/er2@db/d", /the port of host 1 is not a number .*percent-encode/],
    ["postgresql://me:123?hunter2@db/d", /names no user|names no database/],
    ["postgresql://me:hunter2#@db/d", /is not of the form/],
    ["postgresql://me:123/x?hunter2@db/d", /names no user|a parameter is not one of/],
  ];
  for (const [url, expected] of cases) {
    assert.throws(
      () => parsePostgresUrl(url),
      (error: Error) => {
        assert.equal(error.name, "StoreOpenError", url);
        assert.match(error.message, /^DATABASE_URL: /, url);
        assert.match(error.message, expected, url);
        assert.doesNotMatch(error.message, /hunt|er2|\n/, url);
        return true;
      },
    );
  }
  assert.throws(
    () => parsePostgresUrl("postgresql://me:hunter2@db/d", "/file"),
    /DATABASE_PASSWORD_FILE another; leave out one/,
  );
});
