import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "./start-server.ts";

/** Installs without development tools into an empty folder, starts with the Node.js that runs this, and calls. */
const folder = mkdtempSync(join(tmpdir(), "concierge-install-"));
try {
  const files = execFileSync("git", ["ls-files"], { encoding: "utf8" }).trim().split("\n");
  for (const file of files) cpSync(file, join(folder, file));
  execFileSync("npm", ["ci", "--omit=dev", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  const { server, port } = await startServer(folder, "server/start.js");
  const response = await fetch(`http://localhost:${port}/Greeter/SayHello`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"World"}',
  });
  const reply = await response.text();
  server.kill();
  const [code] = await once(server, "exit");
  if (reply !== '{"message":"Hello, World"}' || code !== 0) throw new Error(`answered ${reply}, ended with ${code}`);
  process.stdout.write("installs, starts and answers without development tools\n");
} finally {
  rmSync(folder, { recursive: true });
}
