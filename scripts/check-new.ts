import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startServer } from "./start-server.ts";

/**
 * Starts a service as somebody would: by the command that is installed in `folder`, on the packed host. What it writes is
 * installed, tested, linted and checked as it stands, then served, and called with a token.
 */
export async function checkNew(folder: string, host: string): Promise<void> {
  execFileSync("npx", ["concierge", "new", "order-desk", "--host", `file:${host}`], { cwd: folder });
  const cwd = join(folder, "order-desk");
  const npm = (...args: string[]) => execFileSync("npm", args, { cwd, encoding: "utf8" });
  npm("install", "--no-audit", "--no-fund");
  npm("test");
  npm("run", "check");
  const token = npm("run", "--silent", "token", "--", "editor", "ada").trim();
  const { server, port } = await startServer(cwd, "server.ts");
  async function add(headers: Record<string, string>) {
    const response = await fetch(`http://localhost:${port}/order_desk.v1.OrderDeskService/AddNote`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: '{"text":"hello"}',
    });
    return { status: response.status, body: (await response.json()) as { note?: { author: string } } };
  }
  assert.equal((await add({})).status, 401);
  assert.equal((await add({ authorization: `Bearer ${token}` })).body.note?.author, "ada");
  server.kill();
  assert.deepEqual(await once(server, "exit"), [0, null]);
}
