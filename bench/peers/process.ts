import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { type Core, pin } from "../machine.ts";
import type { ProcessReport, Question } from "./report.ts";

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Asks the process of itself. Never answers for one that is no Node program. */
  ask(question: Question): Promise<ProcessReport>;
}

/** How a process is started. */
export interface ProcessOptions {
  readonly command: readonly string[];
  readonly pinned: boolean;
  /** Defaults to the servers' core. */
  readonly core?: Core;
  /** Its whole environment, but for PATH, HOME and TMPDIR. Defaults to none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Finds the port in a line. Defaults to lines of the form "port 12345". */
  readonly portLine?: RegExp;
}

/** Milliseconds until a server must have told its port. */
const START_MS = 60_000;

const running = new Set<ChildProcess>();

/** Starts a process with nothing but the given settings. */
export function startProcess({ command, pinned, core = "server", env = {} }: ProcessOptions): ChildProcess {
  const { file, args } = pin(core, pinned, command);
  const { PATH = "", HOME = "", TMPDIR = tmpdir() } = process.env;
  const child = spawn(file, args, { env: { PATH, HOME, TMPDIR, ...env }, stdio: ["ignore", "pipe", "inherit", "ipc"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Stops every process that was started here, at once: for when this one is about to end. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts a server and waits for its port. Throws where it ends before that. */
export async function startServerProcess(options: ProcessOptions): Promise<ServerProcess> {
  const child = startProcess(options);
  const port = await portOf(child, options.portLine ?? /^port (\d+)/);
  return {
    pid: child.pid ?? 0,
    port,
    async ask(question) {
      const answer = once(child, "message");
      child.send(question);
      return (await answer)[0];
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function portOf(child: ChildProcess, portLine: RegExp): Promise<number> {
  if (!child.stdout) throw new Error("the server has no standard output");
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    for await (const line of createInterface(child.stdout)) {
      const port = portLine.exec(line)?.[1];
      if (port !== undefined) return Number(port);
    }
  } finally {
    clearTimeout(timer);
    child.stdout.resume();
  }
  throw new Error(`a server ended before it listened: ${child.spawnargs.join(" ")}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  child.kill("SIGTERM");
  await exit;
  clearTimeout(timer);
}
