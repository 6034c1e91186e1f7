import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createRandom } from "../support/random.ts";
import { openBystanders } from "./bystanders.ts";
import { makePlan, minimize } from "./make-plan.ts";
import { describePlan, type Plan } from "./plan.ts";
import { playOnCore } from "./play-core.ts";
import { playOnSocket, SocketPairs } from "./play-sockets.ts";

/** How long all of it takes, and the first session's seed: the next one has the next. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 20);
const firstSeed = Number(process.env.FUZZ_SEED ?? 20_261_128);

/** Sessions of a round that share the process with the callers beside them. */
const atOnce = 8;

/** What memory may differ by after garbage collection, whatever was played: spare slabs are kept, 8 MiB of them. */
const keptBytes = 12 * 1024 * 1024;

const roles = { server: true, client: false };

/** Throws with all that is needed to see a failure again. */
function report(problem: string, seed: number, plan: Plan): never {
  assert.fail(`${problem}\nFUZZ_SEED=${seed} repeats it; of its steps these are needed:\n${describePlan(plan)}`);
}

/** Plays one session after the other until the time is up. Returns how many those were. */
function playCores(isServer: boolean, ms: number): number {
  const until = performance.now() + ms;
  let played = 0;
  do {
    const seed = firstSeed + played++;
    const plan = makePlan(seed, isServer);
    const problem = playOnCore(plan);
    if (problem !== undefined)
      report(
        problem,
        seed,
        minimize(plan, shorter => playOnCore(shorter) !== undefined),
      );
  } while (performance.now() < until);
  return played;
}

async function playSockets(isServer: boolean, ms: number): Promise<number> {
  await using pairs = await SocketPairs.listen();
  await using bystanders = await openBystanders();
  const until = performance.now() + ms;
  let played = 0;
  do {
    const seed = firstSeed + played;
    played += atOnce;
    const games: (() => Promise<void>)[] = [];
    for (let n = 0; n < atOnce; n++) {
      const plan = makePlan(seed + n, isServer);
      const play = await playOnSocket(pairs, plan);
      games.push(async () => {
        const problem = await play();
        if (problem !== undefined) report(problem, seed + n, plan);
      });
    }
    await Promise.all([...games.map(play => play()), bystanders.call(createRandom(seed))]);
  } while (performance.now() < until);
  return played;
}

/** The heap and the buffers beside it, once sockets that are closed have let go of theirs. */
async function memoryUsed(): Promise<number> {
  assert.ok(globalThis.gc, "the fuzzer is run with --expose-gc");
  for (let n = 0; n < 3; n++) {
    globalThis.gc();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Plays, and holds memory and warnings against what they were. */
async function expectUnharmed(play: (ms: number) => number | Promise<number>): Promise<number> {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  const ms = (seconds * 1000) / 4;
  // What is made once is made now.
  await play(ms / 10);
  const before = await memoryUsed();
  const played = await play(ms);
  const grown = (await memoryUsed()) - before;
  process.off("warning", note);
  assert.deepEqual(warnings, []);
  assert.ok(grown < keptBytes, `after ${played} sessions memory holds ${grown} bytes more`);
  return played;
}

for (const [role, isServer] of Object.entries(roles)) {
  test(`no session brings the core of a ${role} up`, async t => {
    t.diagnostic(`${await expectUnharmed(ms => playCores(isServer, ms))} sessions from seed ${firstSeed} on`);
  });

  test(`no session over a socket brings a ${role} up, nor hurts callers beside it`, async t => {
    t.diagnostic(`${await expectUnharmed(ms => playSockets(isServer, ms))} sessions from seed ${firstSeed} on`);
  });
}
