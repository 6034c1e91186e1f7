import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { LogLevel } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { mintToken } from "../auth/mint-token.ts";
import { isCode, startHost } from "./admin.fixture.ts";

for (const lane of ["wire", "connect"] as const) {
  test(`who comes through a proxy or by another name is refused, on the ${lane} lane`, async () => {
    await using server = await startHost({ lane });
    for (const headers of [{ "x-forwarded-for": "192.0.2.1" }, { via: "1.1 proxy" }]) {
      const refused = isCode(Code.PermissionDenied, /for callers of this machine alone/);
      await assert.rejects(server.admin.getLogLevel({}, { headers }), refused);
      await assert.rejects(server.admin.setLogLevel({ level: LogLevel.SILENT }, { headers }), refused);
      await assert.rejects(server.admin.listConnections({}, { headers }), refused);
      await assert.rejects(server.admin.listCalls({}, { headers }), refused);
      await assert.rejects(server.admin.cancelCall({ id: "1" }, { headers }), refused);
      await assert.rejects(server.admin.watchCounters({}, { headers })[Symbol.asyncIterator]().next(), refused);
    }
    const { level } = await server.admin.getLogLevel({});
    assert.equal(level, LogLevel.INFO);
  });

  test(`where callers sign in, administrators alone are served, on the ${lane} lane`, async () => {
    const secret = "a secret of at least thirty-two bytes";
    await using server = await startHost({ lane, admin: "admin", auth: { secret }, services: [] });
    async function as(role: "editor" | "admin") {
      const token = await mintToken({ secret, subject: "ada", role, ttlSeconds: 60 });
      return { headers: { authorization: `Bearer ${token}`, "x-forwarded-for": "192.0.2.1" } };
    }
    await assert.rejects(server.admin.getLogLevel({}), isCode(Code.Unauthenticated));
    await assert.rejects(server.admin.getLogLevel({}, await as("editor")), isCode(Code.PermissionDenied));
    const options = await as("admin");
    await server.admin.getLogLevel({}, options);
    await server.admin.setLogLevel({ level: LogLevel.ERROR }, options);
    const line = server.lines.find(({ msg }) => msg === "an administrator set the log level");
    assert.deepEqual([line?.by, line?.from, line?.to], ["subject ada", "info", "error"]);
  });
}

test("an administrator's token is not enough from elsewhere, unless the host says so", async () => {
  const secret = "a secret of at least thirty-two bytes";
  await using server = await startHost({ auth: { secret }, services: [] });
  const token = await mintToken({ secret, subject: "ada", role: "admin", ttlSeconds: 60 });
  const headers = { authorization: `Bearer ${token}` };
  await server.admin.getLogLevel({}, { headers });
  const elsewhere = { headers: { ...headers, "x-forwarded-for": "192.0.2.1" } };
  await assert.rejects(server.admin.getLogLevel({}, elsewhere), isCode(Code.PermissionDenied));
});
