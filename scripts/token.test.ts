import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeJwt } from "jose";

const script = fileURLToPath(new URL("token.ts", import.meta.url));

function mint(args: string[], env: Record<string, string> = { AUTH_JWT_SECRET: "s".repeat(32) }) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, AUTH_ISSUER: "me", ...env },
  });
  return { token: stdout.trim(), stderr: stderr.trim(), status };
}

test("a token is minted from the settings of the server", () => {
  const { token } = mint(["--sub", "alice", "--role", "admin", "--ttl", "15m"]);
  const { sub, role, iss, exp = 0, iat = 0 } = decodeJwt(token);
  assert.deepEqual({ sub, role, iss, ttl: exp - iat }, { sub: "alice", role: "admin", iss: "me", ttl: 900 });
});

test("what cannot be minted is told in a line", () => {
  assert.match(mint([]).stderr, /^usage: npm run token -- --sub NAME \[--role viewer\|editor\|admin\] \[--ttl 1h\]$/);
  assert.equal(mint(["--sub", "a", "--role", "root"]).stderr, 'role "root": must be viewer, editor, admin');
  assert.match(mint(["--sub", "a", "--ttl", "1w"]).stderr, /^ttl "1w": must be 1s to 365d/);
  const without = mint(["--sub", "a"], { AUTH_JWT_SECRET: "", AUTH_ISSUER: "" });
  assert.match(without.stderr, /^set AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE first/);
  assert.equal(without.status, 1);
});
