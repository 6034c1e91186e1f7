import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Uses the command of the package that is installed in `folder` as somebody would who has just installed it; `use` gets the
 * address of the server that it starts.
 */
export async function checkCommand(folder: string, use: (url: string) => Promise<void>): Promise<void> {
  const run = (...args: string[]) => execFileSync("npx", ["concierge", ...args], { cwd: folder, encoding: "utf8" });
  assert.match(run("--help"), /^Usage: concierge /);
  assert.match(run("--version"), /^\d+\.\d+\.\d+\n$/);
  assert.match(run("dev-cert"), /are in \.\/certs;/);

  const server = spawn("npx", ["concierge", "serve", "--port", "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    // npx starts the server by a shell: a signal reaches it with its whole group.
    detached: true,
  });
  let output = "";
  server.stdout.setEncoding("utf8").on("data", text => {
    output += text;
  });
  try {
    while (!output.includes("ready on")) {
      const [reason] = await Promise.race([once(server.stdout, "data"), once(server, "exit")]);
      if (server.exitCode !== null) throw new Error(`concierge serve ended with ${reason}: ${output}`);
    }
    const url = `http://localhost:${/ready on localhost:(\d+)/.exec(output)?.[1]}`;
    assert.equal(JSON.parse(run("greet", "Ada", "--url", url)).message, "Hello, Ada!");
    assert.equal(run("users", "list", "--url", url).trim().split("\n").length, 5);
    assert.match(run("call", "Greeter/SayHello", "-d", '{"name":"Ada"}', "--url", url), /Hello, Ada/);
    assert.match(await (await fetch(url)).text(), /<title>/);
    await use(url);
  } finally {
    if (server.exitCode === null) {
      process.kill(-(server.pid ?? 0), "SIGTERM");
      await once(server, "exit");
    }
  }
}
