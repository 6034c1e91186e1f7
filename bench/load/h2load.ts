import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pin } from "../machine.ts";
import type { Call, HttpVersion } from "./call.ts";

/** What h2load printed. */
export interface LoadReport {
  /** Replies a second. */
  readonly rate: number;
  readonly done: number;
  /** Replies with another status than 2xx, and requests that never got one. */
  readonly bad: number;
  /** Bytes of bodies of all replies. */
  readonly dataBytes: number;
  /** Of a request, in milliseconds. */
  readonly meanMs: number;
  readonly sdMs: number;
}

/** How much load to make, and where. */
export interface LoadOptions {
  readonly port: number;
  readonly pinned: boolean;
  /** About so many seconds, after a warm-up of a third of them; or exactly so many requests, with no warm-up. */
  readonly amount: { readonly seconds: number } | { readonly requests: number };
  /** Defaults to 200 calls in flight: 10 × 20 over HTTP/2, 200 × 1 over HTTP/1.1. */
  readonly shape?: Shape | undefined;
}

/** Connections, and calls in flight on each. */
export interface Shape {
  readonly connections: number;
  readonly streams: number;
}

/** 200 calls in flight: HTTP/1.1 takes a connection for each. */
const shapes: Readonly<Record<HttpVersion, Shape>> = {
  "1.1": { connections: 200, streams: 1 },
  "2": { connections: 10, streams: 20 },
};

/** Each connection needs one, and as many again make a rate out of it. */
const MIN_REQUESTS = 400;

const unitsMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** Reads what h2load prints. Throws where a line is missing. */
export function parseReport(text: string): LoadReport {
  function find(pattern: RegExp): string[] {
    const found = pattern.exec(text);
    if (!found) throw new Error(`h2load printed no ${pattern.source}:\n${text}`);
    return found.slice(1);
  }
  const [rate] = find(/finished in .*?, ([\d.]+) req\/s/);
  const [done, failed, errored, timeout] = find(
    /requests: .* (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/,
  );
  const [good] = find(/status codes: (\d+) 2xx/);
  const [dataBytes] = find(/traffic: .*\((\d+)\) data/);
  const times = find(/time for request: +(?:\S+ +){2}([\d.]+)(us|ms|s) +([\d.]+)(us|ms|s)/);
  const [mean = "", meanUnit = "", sd = "", sdUnit = ""] = times;
  const unanswered = Math.max(Number(failed), Number(errored) + Number(timeout));
  return {
    rate: Number(rate),
    done: Number(done),
    bad: Math.max(Number(done) - Number(good), 0) + unanswered,
    dataBytes: Number(dataBytes),
    meanMs: Number(mean) * (unitsMs[meanUnit] ?? Number.NaN),
    sdMs: Number(sd) * (unitsMs[sdUnit] ?? Number.NaN),
  };
}

/** Sends one call again and again. */
export function loadCall(call: Call, options: LoadOptions): Promise<LoadReport> {
  const headers = Object.entries(call.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  return withFile(call.body, file => run(call.http, options, [...headers, "-d", file], [call.path]));
}

/** GETs paths, each connection in their order and then from the first on. */
export function loadPaths(paths: readonly string[], options: LoadOptions, http: HttpVersion): Promise<LoadReport> {
  const base = `http://127.0.0.1:${options.port}`;
  const text = paths.map(path => `${base}${path}\n`).join("");
  return withFile(Buffer.from(text), file => run(http, options, ["-i", file], []));
}

async function withFile(content: Buffer, use: (file: string) => Promise<LoadReport>): Promise<LoadReport> {
  const folder = mkdtempSync(join(tmpdir(), "concierge-load-"));
  try {
    const file = join(folder, "input");
    writeFileSync(file, content);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs h2load by a number of requests, so that every one of them is answered and counted: by time, it cuts those in
 * flight at the end, and counts bytes of the warm-up. The warm-up is a run of its own that tells how many fit.
 */
async function run(http: HttpVersion, options: LoadOptions, args: readonly string[], paths: readonly string[]) {
  const { port, pinned, amount } = options;
  const { connections, streams } = options.shape ?? shapes[http];
  const how = [...(http === "1.1" ? ["--h1"] : []), `-c${connections}`, `-m${streams}`];
  const urls = paths.map(path => `http://127.0.0.1:${port}${path}`);
  async function once(much: string): Promise<LoadReport> {
    const command = pin("load", pinned, ["h2load", much, ...how, ...args, ...urls]);
    return parseReport((await promisify(execFile)(command.file, command.args, { maxBuffer: 2 ** 26 })).stdout);
  }
  try {
    if ("requests" in amount) return await once(`-n${amount.requests}`);
    const warmUp = await once(`-D${Math.ceil((amount.seconds * 1000) / 3)}ms`);
    return await once(`-n${Math.max(MIN_REQUESTS, Math.round(warmUp.rate * amount.seconds))}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && !/failed to execute h2load/.test(message)) throw error;
    throw new Error("h2load is missing; Debian and Ubuntu have it in the package nghttp2-client", { cause: error });
  }
}
