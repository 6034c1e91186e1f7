import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { testEngine } from "./engine.ts";
import type { LogLine } from "./server.ts";

const main = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** A connection, and the worker that has it. */
export interface WorkerConnection {
  readonly worker: number;
  readonly transport: Transport;
}

/** A server whose work is shared out to workers, as `npm start` runs it, with its log at hand. */
export interface WorkerServer extends AsyncDisposable {
  /** The supervisor. */
  readonly process: ChildProcess;
  readonly baseUrl: string;
  readonly port: number;
  /** What it has printed, parsed. */
  readonly lines: readonly LogLine[];
  /** What it has printed to standard error. */
  readonly errors: () => string;
  /** Resolves to the first line, past or to come, that matches. Throws where the server ends without it. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** The process of a worker, as it is now. */
  pidOf(worker: number): number;
  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null>;
  /** Sends the supervisor SIGKILL, and waits for the end of the workers, too. Throws where it had ended by itself. */
  kill(): Promise<void>;
  /** Opens a connection to each worker, as many as it takes, and returns that of worker 1 and that of worker 2. */
  connect(address?: string): Promise<readonly [WorkerConnection, WorkerConnection]>;
  /** Resolves to the exit code once it has ended, and all its workers with it: they have its standard output, too. */
  readonly ended: Promise<number | null>;
}

/** Starts two workers on a free port, with `env` over settings fit for tests, and waits until they are ready. */
export async function startWorkers(env: Readonly<Record<string, string>> = {}): Promise<WorkerServer> {
  const settings = { DATABASE_URL: "sqlite::memory:", HTTP_ENGINE: testEngine, GREETER_STREAM_INTERVAL_MS: "0" };
  // A group of its own, to which a test can send what a terminal does.
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, PORT: "0", WORKERS: "2", ...settings, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", text => {
    errors += text;
  });
  createInterface(child.stdout).on("line", text => {
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    for (const tell of waiting) tell(line);
  });

  async function line(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const past = lines.find(matches);
    if (past) return past;
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const tell = (line: LogLine) => {
      if (matches(line)) resolve(line);
    };
    waiting.add(tell);
    void ended.then(code => reject(new Error(`the server ended with ${code} before it said so: ${errors}`)));
    return promise.finally(() => waiting.delete(tell));
  }

  const { url } = await line(({ msg }) => /^Concierge is ready/.test(msg ?? ""));
  // Which of them a test may have left out.
  if (env.LOG_LEVEL === undefined) {
    for (const worker of [1, 2]) await line(said => said.msg === "a worker is ready" && said.worker === worker);
  }
  const baseUrl = String(url);
  const sessions: Http2SessionManager[] = [];

  async function connectOnce(baseUrl: string): Promise<WorkerConnection> {
    const sessionManager = new Http2SessionManager(baseUrl);
    sessions.push(sessionManager);
    const transport = createGrpcTransport({ baseUrl, sessionManager });
    const requestId = `connection-${sessions.length}`;
    await createClient(Greeter, transport).sayHello({ name: "Ada" }, { headers: { "x-request-id": requestId } });
    const call = await line(found => found.requestId === requestId);
    return { worker: Number(call.worker), transport };
  }

  return {
    process: child,
    baseUrl,
    port: Number(new URL(baseUrl).port),
    lines,
    errors: () => errors,
    line,
    pidOf: worker => Number(lines.findLast(said => said.msg === "a worker is ready" && said.worker === worker)?.pid),
    async connect(address = baseUrl) {
      const found: (WorkerConnection | undefined)[] = [];
      while (!found[1] || !found[2]) {
        const connection = await connectOnce(address);
        found[connection.worker] = connection;
      }
      return [found[1], found[2]];
    },
    ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
      if (child.signalCode !== "SIGKILL") throw new Error(`the server ended by itself: ${errors}`);
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.abort();
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}
