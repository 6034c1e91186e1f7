import assert from "node:assert/strict";
import { test } from "node:test";
import { createSecret } from "../../host/auth/keys.ts";
import { mintToken } from "../../host/auth/mint-token.ts";
import { startServer } from "../support/server.ts";
import { type Asked, askOverHttp1, asks } from "./ask.ts";

const key = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const frank = { name: "Frank Green", email: "frank@example.com" };

for (const lane of ["wire", "connect"]) {
  for (const [version, ask] of Object.entries(asks)) {
    const on = `on the ${lane} lane over HTTP/${version}`;

    test(`a user is created, read, changed and deleted over plain HTTP, ${on}`, async () => {
      await using server = await startServer({ LANE: lane });
      const { baseUrl } = server;
      const created = await ask(baseUrl, "/v1/users", {
        method: "POST",
        body: { ...frank, role: "ROLE_EDITOR", bio: "x" },
      });
      assert.deepEqual([created.status, created.json.id, created.json.role], [200, "6", "ROLE_EDITOR"]);
      assert.equal(created.headers["content-type"], "application/json");
      assert.equal(created.headers["x-content-type-options"], "nosniff");
      assert.match(created.headers["x-request-id"]?.toString() ?? "", /./);

      const read = await ask(baseUrl, "/v1/users/6");
      assert.deepEqual(read.json, created.json);
      assert.equal(read.headers.etag, `"${read.json.etag}"`);
      assert.match(read.headers.vary ?? "", /accept-encoding/);
      assert.deepEqual((await ask(baseUrl, "/v1/users:lookup?email=frank%40example.com")).json, read.json);
      assert.deepEqual((await ask(baseUrl, "/v1/users:batchGet?ids=6&ids=1")).json.users[0], read.json);

      const changed = await ask(baseUrl, "/v1/users/6", { method: "PATCH", body: { name: "Frankie", bio: null } });
      assert.deepEqual([changed.json.name, changed.json.bio, changed.json.email], ["Frankie", undefined, frank.email]);
      const list = await ask(baseUrl, "/v1/users?page_size=2&orderBy=id%20desc&include_total_size=true");
      assert.deepEqual([list.json.users.length, list.json.users[0].name, list.json.totalSize], [2, "Frankie", 6]);

      const deleted = await ask(baseUrl, "/v1/users/6", { method: "DELETE" });
      assert.equal(typeof deleted.json.deleteTime, "string");
      assert.equal((await ask(baseUrl, "/v1/users/6:undelete", { method: "POST" })).json.deleteTime, undefined);
      const event = await ask(baseUrl, "/v1/users/6/events", {
        method: "POST",
        body: { type: "login", payload: "AQID" },
      });
      assert.deepEqual([event.json.userId, event.json.type, event.json.payload], ["6", "login", "AQID"]);
    });

    test(`preconditions and keys of retries are the contract's, ${on}`, async () => {
      await using server = await startServer({ LANE: lane });
      const { baseUrl } = server;
      const { headers } = await ask(baseUrl, "/v1/users/1");
      const etag = headers.etag ?? "";
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const again = await ask(baseUrl, "/v1/users/1", { headers: { "if-none-match": known } });
        assert.deepEqual([again.status, again.text, again.headers.etag], [304, "", etag], known);
      }
      assert.equal((await ask(baseUrl, "/v1/users/1", { headers: { "if-none-match": '"other"' } })).status, 200);
      const head = await ask(baseUrl, "/v1/users/1", { method: "HEAD" });
      assert.deepEqual([head.status, head.text, head.headers.etag], [200, "", etag]);
      assert.equal(head.headers["content-length"], headers["content-length"]);

      const patch = (match: string) =>
        ask(baseUrl, "/v1/users/1", { method: "PATCH", body: { bio: "new" }, headers: { "if-match": match } });
      const stale = await patch('"other"');
      assert.deepEqual([stale.status, stale.json.error.code, stale.json.error.status], [412, 412, "ABORTED"]);
      assert.equal((await patch("bare")).status, 400);
      assert.equal((await patch(`${etag}, "two"`)).status, 400);
      assert.equal((await patch(etag)).status, 200);
      assert.equal((await patch(etag)).status, 412);
      assert.equal((await patch("*")).status, 200);
      const removal = { method: "DELETE", headers: { "if-match": etag } };
      assert.equal((await ask(baseUrl, "/v1/users/1", removal)).status, 412);

      const post = (body: Asked["body"], given: string) =>
        ask(baseUrl, "/v1/users", { method: "POST", body, headers: { "idempotency-key": given } });
      const first = await post(frank, `"${key}"`);
      assert.equal(first.status, 200);
      assert.deepEqual((await post(frank, key)).json, first.json);
      assert.deepEqual(
        [(await post({ ...frank, name: "Other" }, key)).status, (await post(frank, "no uuid")).status],
        [400, 400],
      );
      const greeting = {
        method: "POST",
        body: "{}",
        headers: { "idempotency-key": key, "content-type": "application/jsonl" },
      };
      assert.equal((await ask(baseUrl, "/v1/greetings:many", greeting)).status, 400);
    });

    test(`what cannot be answered is refused as HTTP and AIP-193 say, and changes nothing, ${on}`, async () => {
      await using server = await startServer({ LANE: lane });
      const { baseUrl } = server;
      const before = await ask(baseUrl, "/v1/users?showDeleted=true");
      const large = JSON.stringify({ ...frank, bio: "x".repeat(4 * 1024 * 1024) });
      const form = "application/x-www-form-urlencoded";
      const post = (body: Asked["body"], headers: Record<string, string> = {}): Asked => ({
        method: "POST",
        body,
        headers,
      });
      const table: readonly [string, Asked, number, string, RegExp][] = [
        ["/v1/users/77", {}, 404, "NOT_FOUND", /user "77" not found/],
        ["/v1/nothing", {}, 404, "NOT_FOUND", /GET \/v1\/nothing is not served here/],
        ["/v1/users/", {}, 404, "NOT_FOUND", /./],
        ["/v1/users", { method: "PUT" }, 405, "UNIMPLEMENTED", /PUT is not for \/v1\/users/],
        ["/v1/users:export", { method: "HEAD" }, 405, "", /^$/],
        ["/v1/users/1", { headers: { accept: "text/html" } }, 406, "INVALID_ARGUMENT", /application\/json/],
        [
          "/v1/users:export",
          { headers: { accept: "application/json" } },
          406,
          "INVALID_ARGUMENT",
          /application\/jsonl/,
        ],
        ["/v1/users", post(large), 413, "RESOURCE_EXHAUSTED", /larger than configured readMaxBytes 4194304/],
        ["/v1/users", post("name=x", { "content-type": form }), 415, "INVALID_ARGUMENT", /must be application\/json/],
        ["/v1/users", post("{}", { "content-type": "text/plain" }), 415, "INVALID_ARGUMENT", /./],
        [
          "/v1/users",
          post("{}", { "content-type": "application/json; charset=latin1" }),
          415,
          "INVALID_ARGUMENT",
          /UTF-8/,
        ],
        ["/v1/users", post("{}", { "content-encoding": "zstd" }), 415, "INVALID_ARGUMENT", /content-encoding must be/],
        ["/v1/users", post("{"), 400, "INVALID_ARGUMENT", /the body is no JSON/],
        ["/v1/users", post(Buffer.of(0x22, 0xff, 0x22)), 400, "INVALID_ARGUMENT", /not UTF-8/],
        ["/v1/users", post([]), 400, "INVALID_ARGUMENT", /user/],
        ["/v1/users", post({ ...frank, age: "old" }), 400, "INVALID_ARGUMENT", /age/],
        ["/v1/users", post({ ...frank, age: 151 }), 400, "INVALID_ARGUMENT", /user\.age.*150/],
        ["/v1/users?user.name=x", post(frank), 400, "INVALID_ARGUMENT", /"user\.name" is given by the body/],
        ["/v1/users/1?nothing=1", {}, 400, "INVALID_ARGUMENT", /"nothing" is unknown/],
        ["/v1/users/1?email=a%40b.c", {}, 400, "INVALID_ARGUMENT", /oneof/],
        ["/v1/users?pageSize=1&page_size=2", {}, 400, "INVALID_ARGUMENT", /page_size is given twice/],
        ["/v1/users?pageSize=2147483648", {}, 400, "INVALID_ARGUMENT", /from -2147483648 to 2147483647/],
        ["/v1/users?filter=%zz", {}, 400, "INVALID_ARGUMENT", /each % must be followed/],
        ["/v1/users/a%2Fb", {}, 404, "NOT_FOUND", /user "a\/b" not found/],
        ["/v1/users/18446744073709551616", {}, 404, "NOT_FOUND", /not found/],
        ["/v1/users/999999999999999999999", {}, 400, "INVALID_ARGUMENT", /id.*20/],
        ["/demo/v1/users/9999999999", {}, 400, "INVALID_ARGUMENT", /user_id "9999999999" is not an integer/],
        [
          "/v1/users/1",
          { method: "PATCH", body: { id: "1" } },
          400,
          "INVALID_ARGUMENT",
          /user\.id is given by the path/,
        ],
        ["/v1/users/1", { method: "PATCH", body: { nmae: "x" } }, 400, "INVALID_ARGUMENT", /user has no field "nmae"/],
        ["/v1/users", { headers: { "connect-timeout-ms": "soon" } }, 400, "INVALID_ARGUMENT", /timeout/],
      ];
      for (const [path, asked, status, name, message] of table) {
        const answer = await ask(baseUrl, path, asked);
        const what = `${asked.method ?? "GET"} ${path}: ${answer.text}`;
        assert.equal(answer.status, status, what);
        if (name === "") continue;
        assert.deepEqual([answer.json.error.code, answer.json.error.status], [status, name], what);
        assert.match(answer.json.error.message, message, what);
        assert.match(answer.headers["content-type"] ?? "", /^application\/json/, what);
      }
      assert.equal((await ask(baseUrl, "/v1/users/1", { method: "PUT" })).headers.allow, "GET, HEAD, PATCH, DELETE");
      assert.deepEqual((await ask(baseUrl, "/v1/users?showDeleted=true")).json, before.json);
    });

    test(`a page of elsewhere can neither post nor be told, ${on}`, async () => {
      await using server = await startServer({ LANE: lane });
      const elsewhere = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      const older = { origin: "https://evil.example" };
      const form = "application/x-www-form-urlencoded";
      await ask(server.baseUrl, "/v1/users/2", { method: "DELETE" });
      for (const [path, asked] of [
        ["/v1/users", { body: "name=x&email=x%40y.z", headers: { ...elsewhere, "content-type": form } }],
        ["/v1/users", { body: "name=x&email=x%40y.z", headers: { ...older, "content-type": form } }],
        ["/v1/users", { body: '{"name":"x","email":"x@y.z"}', headers: { ...older, "content-type": "text/plain" } }],
        ["/v1/users/2:undelete", { headers: elsewhere }],
        ["/v1/users/2:undelete", { headers: older }],
      ] as const) {
        const { status } = await ask(server.baseUrl, path, { method: "POST", ...asked });
        assert.ok(status === 403 || status === 415, `${path}: ${status}`);
      }
      assert.equal((await ask(server.baseUrl, "/v1/users:lookup?email=x%40y.z")).status, 404);
      assert.ok((await ask(server.baseUrl, "/v1/users/2")).json.deleteTime);
      const read = await ask(server.baseUrl, "/v1/users/1", { headers: elsewhere });
      assert.equal(read.headers["access-control-allow-origin"], undefined);
      const rebound = await ask(server.baseUrl, "/v1/users/1", { headers: { host: "evil.example" } });
      assert.equal(rebound.status, 403);
    });
  }
}

test("a call over plain HTTP has its one line in the log, and its deadline", async () => {
  await using server = await startServer({ GREETER_STREAM_INTERVAL_MS: "3600000" });
  const ask = askOverHttp1;
  await ask(server.baseUrl, "/v1/users/1", { headers: { "x-request-id": "plain" } });
  const line = await server.line(({ requestId }) => requestId === "plain");
  const method = "concierge.directory.v1.DirectoryService/GetUser";
  assert.deepEqual([line.protocol, line.http, line.method, line.code], ["rest", "1.1", method, "OK"]);
  const late = await ask(server.baseUrl, "/v1/greetings/Ada:stream", { headers: { "connect-timeout-ms": "100" } });
  const lines = late.text
    .trim()
    .split("\n")
    .map(text => JSON.parse(text));
  assert.deepEqual(
    [lines.length, lines[0].message, lines[1].error.status],
    [2, "Hello Ada! This is message #1", "DEADLINE_EXCEEDED"],
  );
});

test("policies hold over plain HTTP, and what took a token is kept by nobody", async () => {
  const secret = "of thirty-two bytes, or of more than that";
  await using server = await startServer({ AUTH_JWT_SECRET: secret, DEMO_DATA: "true" });
  const { baseUrl } = server;
  const as = async (subject: string, role?: "viewer" | "admin") => {
    const token = await mintToken({ secret: createSecret(secret), subject, role, ttlSeconds: 3600 });
    return { authorization: `Bearer ${token}` };
  };
  for (const [path, method, headers, status] of [
    ["/v1/users/1", "GET", {}, 401],
    ["/v1/users/1", "GET", { authorization: "Bearer x" }, 401],
    ["/v1/users/1", "GET", await as("1"), 200],
    ["/v1/users/2", "GET", await as("1"), 403],
    ["/v1/users/2", "GET", await as("1", "viewer"), 200],
    ["/v1/users/2", "DELETE", await as("1", "viewer"), 403],
    ["/v1/users:export", "GET", await as("1"), 403],
    ["/v1/users:import", "POST", { ...(await as("1", "viewer")), "content-type": "application/jsonl" }, 403],
    ["/v1/greetings/Ada", "GET", {}, 200],
  ] as const) {
    for (const ask of Object.values(asks)) {
      const answer = await ask(baseUrl, path, { method, headers });
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      if (path === "/v1/users/1" && status === 200) assert.equal(answer.headers["cache-control"], "no-store");
    }
  }
  const removal = { method: "DELETE", headers: await as("1", "admin") };
  assert.equal((await askOverHttp1(baseUrl, "/v1/users/2", removal)).status, 200);
});
