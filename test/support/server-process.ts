import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("serve.ts", import.meta.url));

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  /** Resolves once a call has come in. */
  readonly called: Promise<void>;
  /** Sends SIGTERM and answers the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
}

/** Starts a server on a port, 0 for a free one. */
export async function startProcess(port: number, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const settings = {
    PATH: process.env.PATH,
    DATABASE_URL: "sqlite::memory:",
    PORT: String(port),
    LOG_LEVEL: "error",
    GREETER_STREAM_INTERVAL_MS: "0",
  };
  const child = fork(script, { env: { ...settings, ...env } });
  const exit = once(child, "exit") as Promise<[number | null]>;
  const called = message(child, "called").then(() => undefined);
  const ready = await Promise.race([message<{ port: number }>(child, "port"), exit]);
  if (Array.isArray(ready)) throw new Error(`the server ended with exit code ${ready[0]}`);
  async function stop() {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    return (await exit)[0];
  }
  return {
    port: ready.port,
    called,
    stop,
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function message<T>(child: ChildProcess, key: string): Promise<T> {
  return new Promise(resolve => {
    child.on("message", message => {
      if (key in (message as object)) resolve(message as T);
    });
  });
}
