import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as net from "node:net";
import { fileURLToPath } from "node:url";
import { makeFolder } from "./certificates.ts";

const configurations = fileURLToPath(new URL("../../docs/proxies/", import.meta.url));

/** How each proxy is started with a configuration file, in the foreground, and its file in docs/proxies. */
const proxies = {
  haproxy: { file: "haproxy.cfg", args: (file: string) => ["-db", "-f", file] },
  nginx: { file: "nginx.conf", args: (file: string, folder: string) => ["-p", folder, "-e", "stderr", "-c", file] },
  caddy: { file: "Caddyfile", args: (file: string) => ["run", "--adapter", "caddyfile", "--config", file] },
} as const;

/** A proxy of those that docs/proxies configures. */
export type ProxyName = keyof typeof proxies;

/** A proxy that runs. */
export interface Proxy extends AsyncDisposable {
  /** What it has said so far. */
  said(): string;
}

/** Runs a proxy with its file from docs/proxies, in which `changes` replaces text that must be there. */
export async function startProxy(name: ProxyName, changes: ReadonlyMap<string, string>): Promise<Proxy> {
  const { file, args } = proxies[name];
  if (spawnSync(name, ["-v"]).error) {
    throw new Error(`${name} is needed here and was not found; on Debian: apt-get install ${name}`);
  }
  let text = readFileSync(configurations + file, "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`docs/proxies/${file} does not hold "${from}"`);
    text = text.replaceAll(from, to);
  }
  const folder = makeFolder();
  const env = { PATH: process.env.PATH, HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const child = spawn(name, args(folder.write(file, text), folder.path), { env, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", chunk => {
    errors += chunk;
  });
  const exit = once(child, "exit");
  const ports = [...changes].filter(([from]) => /^127\.0\.0\.1:80\d\d$/.test(from)).map(([, to]) => to);
  for (const address of ports) {
    while (!(await accepts(Number(address.split(":")[1])))) {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${errors}`);
    }
  }
  return {
    said: () => errors,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exit;
      folder[Symbol.dispose]();
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  const accepted = await new Promise<boolean>(resolve => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return accepted;
}
