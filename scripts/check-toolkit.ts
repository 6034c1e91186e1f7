import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkClient } from "./check-client.ts";
import { checkCommand } from "./check-command.ts";
import { checkGuide } from "./check-guide.ts";
import { checkNew } from "./check-new.ts";
import { checkTracking } from "./check-tracking.ts";
import { packHost } from "./pack-host.ts";
import { startServer } from "./start-server.ts";

/** Packs this package, installs it into an empty folder beside somebody else's service, starts that, and calls it by the packed client, too. */
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

  const { server, port } = await startServer(folder, "host.ts");
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
  // Somebody else's program calls it by the packed client.
  writeFileSync(
    join(folder, "call.ts"),
    `import { createConcierge } from "concierge/client";
     await using concierge = createConcierge({ baseUrl: ${JSON.stringify(url)}, protocol: "grpc" });
     await concierge.waitForReady({ service: "acme.greeting.v1.GreetingService" });
     const { status } = await concierge.health.check({});
     console.log(status);`,
  );
  assert.equal(execFileSync(process.execPath, ["call.ts"], { cwd: folder, encoding: "utf8" }), "1\n");
  const resolve = ["--input-type=module", "-e", 'console.log(import.meta.resolve("concierge/client"))'];
  const entry = execFileSync(process.execPath, ["--conditions=browser", ...resolve], { cwd: folder, encoding: "utf8" });
  assert.match(entry, /\/dist\/client\/web\.js$/m);
  server.kill();
  assert.deepEqual(await once(server, "exit"), [0, null]);
  process.stdout.write("the packed toolkit serves somebody else's service, and the packed client calls it\n");
  // Ahead of what uses Vite, which sets NODE_ENV for this process: npm would leave the tools out.
  const host = packHost(folder);
  await checkGuide(folder, host);
  process.stdout.write("the guide does what it says, from an empty folder\n");
  await checkNew(folder, host);
  process.stdout.write("what `concierge new` writes passes its own checks, and serves who signs in\n");
  await checkTracking(folder, host);
  process.stdout.write("somebody else's service has all of the host from the packed tarball\n");
  await checkCommand(folder, url => checkClient(folder, url));
  process.stdout.write("the packed command works as it is installed, and the packed client as its guide says\n");
} finally {
  rmSync(folder, { recursive: true });
}
