import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempDisposableSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createConcierge } from "../client/index.ts";
import { createApp } from "../server/app.ts";
import { parseConfig } from "../server/config/config.ts";
import { startProblem } from "../server/process/start-problem.ts";
import { startServer } from "./support/server.ts";

function createFolder() {
  return mkdtempDisposableSync(join(tmpdir(), "concierge-"));
}

/** What keeps a server from listening there. */
async function problemOf(HOST: string): Promise<string | undefined> {
  await using app = await createApp(parseConfig({ HOST, DATABASE_URL: "sqlite::memory:", LOG_LEVEL: "silent" }));
  try {
    await app.listen();
  } catch (error) {
    return startProblem(error);
  }
  return "it started";
}

test("a server listens on a Unix domain socket, for clients of each protocol and plain HTTP", async () => {
  using folder = createFolder();
  const path = join(folder.path, "s");
  {
    await using server = await startServer({ HOST: `unix:${path}`, TRUSTED_PROXIES: "127.0.0.1" });
    for (const protocol of ["connect", "grpc", "grpc-web"] as const) {
      await using concierge = createConcierge({ baseUrl: `unix:${path}`, protocol });
      assert.equal((await concierge.greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
    }
    // A proxy in front hands on the name that its clients asked for.
    const headers = { host: "concierge.example.com", "x-forwarded-for": "192.0.2.1" };
    const request = http.get({ socketPath: path, path: "/livez", headers, agent: false });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    assert.equal(response.statusCode, 200);
    response.resume();
    assert.equal(
      await problemOf(`unix:${path}`),
      `HOST: listen EADDRINUSE: address already in use ${path}; ` +
        "stop the server that listens there, remove a file that is no socket, or set another HOST",
    );
    assert.ok(server.lines.some(({ msg, peer, code }) => msg === "call" && peer === "" && code === "OK"));
  }
  assert.ok(!existsSync(path));
});

test("a socket in a folder that is not there is refused with what to do", async () => {
  using folder = createFolder();
  const path = join(folder.path, "none", "s");
  assert.match((await problemOf(`unix:${path}`)) ?? "", /^HOST: listen EACCES: .*; its folder must be there/);
});
