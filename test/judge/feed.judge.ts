import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createRandom } from "../support/random.ts";
import { type ServerProcess, startProcess } from "../support/server-process.ts";
import { installedTool } from "../support/tools.ts";

/** The schedule's seed: a run that failed is repeated by setting it. */
const seed = Number(process.env.JUDGE_SEED ?? Date.now() % 1_000_000);
/** For how long there are writes. */
const seconds = Number(process.env.JUDGE_SECONDS ?? 12);

/** What the judge says in the end. */
interface Verdict {
  readonly problems: readonly string[];
  /** Whether each way to spoil a record was found. */
  readonly controls: Readonly<Record<string, boolean>>;
  readonly counts: Readonly<Record<string, number>>;
}

const python = installedTool("python/bin/python");
const here = fileURLToPath(new URL(".", import.meta.url));
const proto = fileURLToPath(new URL("../../proto/", import.meta.url));
const contracts = globSync("**/*.proto", { cwd: proto });

/** Has protoc make the judge's stubs in a folder. */
function makeStubs(folder: string): void {
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  const args = ["-m", "grpc_tools.protoc", `-I${proto}`, `-I${here}`, ...out, ...contracts, join(here, "status.proto")];
  execFileSync(python, args, { stdio: ["ignore", "inherit", "inherit"] });
}

/** Ends a server again and again, by a drain or by a kill, and starts it anew on its port and file; stops by the signal. */
async function restartAgainAndAgain(server: ServerProcess, env: Record<string, string>, signal: AbortSignal) {
  const random = createRandom(seed);
  let running = server;
  let restarts = 0;
  while (!signal.aborted) {
    await pause(1500 + random.below(2500), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    if (restarts % 2 === 0) await running.kill();
    else assert.equal(await running.stop(), 0);
    running = await startProcess(server.port, env);
    restarts += 1;
  }
  return { running, restarts };
}

async function runJudge(
  t: TestContext,
  stubs: string,
  port: number,
  onWritten: () => Promise<unknown>,
): Promise<Verdict> {
  const args = [join(here, "judge.py"), `127.0.0.1:${port}`, String(seed), String(seconds)];
  const judge = spawn(python, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: "1" },
    signal: t.signal,
    killSignal: "SIGKILL",
  });
  const exit = once(judge, "close");
  let last = "";
  for await (const line of createInterface(judge.stdout)) {
    last = line;
    if (line !== "written") continue;
    await onWritten();
    judge.stdin.end("\n");
  }
  assert.deepEqual(await exit, [0, null]);
  return JSON.parse(last) as Verdict;
}

test("foreign clients find the feed whole, through cuts, drains and kills, and find each spoiled record", async t => {
  t.diagnostic(`seed ${seed}`);
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-judge-"));
  makeStubs(folder.path);
  const env = {
    DATABASE_URL: `sqlite:${join(folder.path, "judge.db")}`,
    DEMO_DATA: "true",
    FEED_BOOKMARK_INTERVAL_MS: "300",
    SHUTDOWN_GRACE_MS: "1000",
  };
  const first = await startProcess(0, env);
  const over = new AbortController();
  const restarting = restartAgainAndAgain(first, env, over.signal);
  async function settle() {
    over.abort();
    return restarting;
  }
  const verdict = await runJudge(t, folder.path, first.port, settle).finally(async () => {
    assert.equal(await (await settle()).running.stop(), 0);
  });
  const { restarts } = await restarting;

  const { problems, controls, counts } = verdict;
  t.diagnostic(JSON.stringify({ restarts, ...counts }));
  assert.deepEqual(problems, []);
  assert.equal(Object.keys(controls).length, 16);
  assert.deepEqual(
    Object.entries(controls).filter(([, found]) => !found),
    [],
    "spoiled records that pass",
  );
  for (const what of ["resumes", "snapshots", "repeated requests", "writes imported"]) assert.ok(counts[what], what);
  assert.ok(restarts > 0);
});
