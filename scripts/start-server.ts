import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Starts a server's script in a folder, on a free port, with the Node.js that runs this, and waits until it says that it is
 * ready. `env` is its environment beside PATH and PORT. Throws what it printed if it ends before.
 */
export async function startServer(
  folder: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ server: ChildProcess; port: string }> {
  const server = spawn(process.execPath, [script], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  server.stdout.setEncoding("utf8").on("data", text => {
    output += text;
  });
  for (;;) {
    await Promise.race([once(server.stdout, "data"), once(server, "exit")]);
    const port = /ready on localhost:(\d+)/.exec(output)?.[1];
    if (port) return { server, port };
    if (server.exitCode !== null) throw new Error(`${script} ended with ${server.exitCode}: ${output}`);
  }
}
