import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ListenerLimits } from "../../host/listener/limits.ts";

const script = fileURLToPath(new URL("serve.ts", import.meta.url));

/** What a server's process says of itself, in bytes, after a garbage collection. */
export interface Gauges {
  readonly rss: number;
  /** The most that `rss` ever was. */
  readonly peakRss: number;
  /** What the JavaScript heap and the buffers outside of it hold. */
  readonly held: number;
  readonly connections: number;
  /** Milliseconds of processor time so far, of all its threads. */
  readonly cpu: number;
  /** How often each limit ended a connection or a request. */
  readonly cuts: Readonly<Record<string, number>>;
}

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  /** Resolves once a call has come in. */
  readonly called: Promise<void>;
  gauges(): Promise<Gauges>;
  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL and waits for the end. Throws where the server had ended by itself. */
  kill(): Promise<void>;
}

/** Starts a server on a port, 0 for a free one. `limits` go over those of the settings. */
export async function startProcess(
  port: number,
  env: Readonly<Record<string, string>> = {},
  limits: Partial<ListenerLimits> = {},
): Promise<ServerProcess> {
  const settings = {
    PATH: process.env.PATH,
    DATABASE_URL: "sqlite::memory:",
    PORT: String(port),
    LOG_LEVEL: "error",
    GREETER_STREAM_INTERVAL_MS: "0",
  };
  const child = fork(script, [JSON.stringify(limits)], {
    env: { ...settings, ...env },
    execArgv: ["--expose-gc"],
  });
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
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
    async gauges() {
      const answer = message<{ gauges: Gauges }>(child, "gauges");
      child.send("gauges");
      return (await answer).gauges;
    },
    stop,
    async kill() {
      child.kill("SIGKILL");
      const [exitCode, signal] = await exit;
      if (signal !== "SIGKILL") throw new Error(`the server ended by itself: ${exitCode ?? signal}`);
    },
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function message<T>(child: ChildProcess, key: string): Promise<T> {
  return new Promise(resolve => {
    child.on("message", function hear(message) {
      if (!(key in (message as object))) return;
      child.off("message", hear);
      resolve(message as T);
    });
  });
}
