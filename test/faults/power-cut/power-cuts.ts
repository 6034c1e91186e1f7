import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openSqliteStore } from "../../../server/store/sqlite/sqlite-store.ts";
import type { UserStore } from "../../../server/store/user-store.ts";
import { createRandom } from "../../support/random.ts";
import { batchOf } from "../batches.ts";
import { checkStore } from "../store-check.ts";
import { Disk, type Image } from "./disk.ts";
import { type Acknowledged, DATA_FILE, type Recording } from "./recording.ts";

/** Stores that are open at a time. */
const PARALLEL = 4;

/** Create requests that are repeated in each state: the newest ones. */
const REPEATED = 3;

/** A state that a disk may be found in, and what was acknowledged by then. */
interface State {
  readonly seed: number;
  readonly image: Image;
  readonly acknowledged: readonly Acknowledged[];
}

/** What was found in many states. */
export interface Findings {
  states: number;
  /** Acknowledged writes that were looked for, in all states together. */
  lookedFor: number;
  /** Acknowledged writes that were not there. */
  lost: number;
  /** What else was wrong, with the seed of the state. */
  readonly problems: string[];
}

/** Cuts the power at `count` moments of a recording, and opens a store on what each leaves behind. */
export async function cutPower({ root, operations }: Recording, count: number, firstSeed: number): Promise<Findings> {
  const findings: Findings = { states: 0, lookedFor: 0, lost: 0, problems: [] };
  const states = statesOf(root, operations, count, firstSeed);
  async function checkStates() {
    for (const state of states) {
      findings.states += 1;
      findings.lookedFor += state.acknowledged.length;
      await checkState(state, findings);
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, checkStates));
  return findings;
}

function* statesOf(
  root: string,
  operations: Recording["operations"],
  count: number,
  firstSeed: number,
): Generator<State, undefined> {
  const seeds = new Map<number, number[]>();
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const at = createRandom(seed).below(operations.length);
    seeds.set(at, [...(seeds.get(at) ?? []), seed]);
  }
  const disk = new Disk(root);
  const acknowledged: Acknowledged[] = [];
  for (const [at, operation] of operations.entries()) {
    if (operation.kind === "mark") acknowledged.push(JSON.parse(operation.text));
    else disk.apply(operation);
    for (const seed of seeds.get(at) ?? []) {
      const random = createRandom(-seed);
      yield { seed, image: disk.afterPowerCut(random), acknowledged: acknowledged.slice() };
    }
  }
}

async function checkState({ seed, image, acknowledged }: State, findings: Findings): Promise<void> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  for (const [path, bytes] of image) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), bytes);
  }
  const file = join(folder.path, DATA_FILE);
  try {
    await using store = await openSqliteStore({ file });
    const { users, problems } = await checkStore(store, file);
    const isThere = ({ ids, version }: Acknowledged) => ids.every(id => (users.get(id)?.version ?? 0) >= version);
    findings.lost += acknowledged.filter(write => !isThere(write)).length;
    for (const problem of problems) findings.problems.push(`state ${seed}: ${problem}`);
    for (const problem of await writeProblems(store, acknowledged)) findings.problems.push(`state ${seed}: ${problem}`);
  } catch (error) {
    findings.problems.push(`state ${seed}: ${error}`);
    findings.lost += acknowledged.length;
  }
}

/** What is wrong with writes from then on: a request is answered as it was before the cut, and a new one is taken. */
async function writeProblems(store: UserStore, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { ids, request } of acknowledged.filter(({ request }) => request).slice(-REPEATED)) {
    const again = await store.write({ kind: "create", time: 3, users: [], request });
    if (again.status !== "created" || again.ids.join() !== ids.join()) {
      problems.push(`request ${request?.id}, which created ${ids}, is answered ${JSON.stringify(again)}`);
    }
  }
  const users = batchOf("after", 1).map(user => ({ ...user, role: "viewer" as const }));
  const { status } = await store.write({ kind: "create", time: 3, users });
  if (status !== "created") problems.push(`a new write is ${status}`);
  return problems;
}
