import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Packs this package, installs it into an empty folder beside somebody else's service, starts that, and calls it. */
const folder = mkdtempSync(join(tmpdir(), "concierge-toolkit-"));
try {
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { encoding: "utf8" });
  cpSync("examples/greeting", folder, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      name: "somebody-else",
      type: "module",
      dependencies: {
        concierge: `file:${packed.trim().split("\n").at(-1)}`,
        "@bufbuild/protobuf": dependencies["@bufbuild/protobuf"],
      },
    }),
  );
  execFileSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });

  const server = spawn(process.execPath, ["host.ts"], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  server.stdout.setEncoding("utf8").on("data", text => {
    output += text;
  });
  let port: string | undefined;
  while (!port) {
    await Promise.race([once(server.stdout, "data"), once(server, "exit")]);
    port = /ready on localhost:(\d+)/.exec(output)?.[1];
    if (!port && server.exitCode !== null) throw new Error(`the host ended with ${server.exitCode}: ${output}`);
  }
  const url = `http://localhost:${port}`;
  const reply = await fetch(`${url}/acme.greeting.v1.GreetingService/Greet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"Ada"}',
  });
  assert.deepEqual(await reply.json(), { text: "Good evening, Ada." });
  assert.equal(await (await fetch(`${url}/readyz`)).text(), "ok\n");
  // By reflection alone: the caller has no contract.
  const call = ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", '{"from":3}'];
  const stream = execFileSync("buf", [...call, `${url}/acme.greeting.v1.GreetingService/CountDown`], {
    encoding: "utf8",
  });
  assert.deepEqual(stream.match(/\d/g), ["3", "2", "1"]);
  server.kill();
  assert.deepEqual(await once(server, "exit"), [0, null]);
  process.stdout.write("the packed toolkit serves somebody else's service\n");
} finally {
  rmSync(folder, { recursive: true });
}
