import assert from "node:assert/strict";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { openStore, sqliteFile } from "../../server/store/open-store.ts";
import { startPostgres } from "../support/postgres.ts";
import { createRandom } from "../support/random.ts";
import { startProcess } from "../support/server-process.ts";
import { startWorkers } from "../support/worker-server.ts";
import { batchOf } from "./batches.ts";
import { auditServer } from "./kill/audit.ts";
import { type Batch, createSender, writeUntilGone } from "./kill/writers.ts";
import { checkStore } from "./store-check.ts";

/** A server is killed as one of this many batches is acknowledged. */
const BATCHES = 40;

/** Another one gives other moments. */
const SEED = Number(process.env.FAULTS_SEED ?? 1);

/** What was seen, in all lives of all servers. */
interface Seen {
  kills: number;
  batches: number;
  users: number;
  checked: number;
  cutOff: number;
  storedAllTheSame: number;
  repeated: number;
}

/** A server that can be killed. */
interface Victim extends AsyncDisposable {
  readonly baseUrl: string;
  kill(): Promise<void>;
}

/** How to start a server on a database. */
type Start = (databaseUrl: string) => Promise<Victim>;

/** Servers at a time, each on a database of its own, and how often each one is killed. */
interface Schedule {
  readonly servers: number;
  readonly kills: number;
}

describe("servers that are killed lose no acknowledged user, and store no half of an import", () => {
  let folder: ReturnType<typeof mkdtempDisposableSync>;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
    // The first server ends by itself, and leaves compiled modules behind that halve the starts of the others.
    env = { NODE_COMPILE_CACHE: join(folder.path, "modules"), DEMO_DATA: "false" };
    await (await startProcess(0, env)).stop();
  });
  after(() => folder.remove());
  const startTwo: Start = DATABASE_URL => startWorkers({ ...env, DATABASE_URL, LOG_LEVEL: "error" });

  test("each in one process", async t => {
    const urls = async (number: number) => `sqlite:${folder.path}/one${number}.db`;
    const start: Start = async DATABASE_URL => {
      const server = await startProcess(0, { ...env, DATABASE_URL });
      return { ...server, baseUrl: `http://127.0.0.1:${server.port}` };
    };
    await killAll(t, { servers: 4, kills: 25 }, urls, start);
  });

  test("each in two workers, on sqlite", async t => {
    await killAll(t, { servers: 2, kills: 8 }, async number => `sqlite:${folder.path}/two${number}.db`, startTwo);
  });

  test("each in two workers, on postgres", async t => {
    await using postgres = await startPostgres();
    await killAll(t, { servers: 2, kills: 8 }, () => postgres.createDatabase(), startTwo);
  });
});

async function killAll(
  t: TestContext,
  schedule: Schedule,
  urlOf: (number: number) => Promise<string>,
  start: Start,
): Promise<void> {
  const seen: Seen = { kills: 0, batches: 0, users: 0, checked: 0, cutOff: 0, storedAllTheSame: 0, repeated: 0 };
  const servers = Array.from({ length: schedule.servers }, async (_, number) =>
    killAgainAndAgain({ databaseUrl: await urlOf(number), number, kills: schedule.kills, start, seen }),
  );
  await Promise.all(servers);
  const { kills, batches, users, checked, cutOff, storedAllTheSame, repeated } = seen;
  t.diagnostic(`${kills} kills; ${batches} writes of ${users} users acknowledged, 0 lost in ${checked} look-ups`);
  t.diagnostic(`${cutOff} writes cut off, of which ${storedAllTheSame} were stored whole; ${repeated} repeated by id`);
  assert.equal(kills, schedule.servers * schedule.kills);
  assert.ok(storedAllTheSame < cutOff, "kills hit writes before their commits");
  // Few of them hit the moment between a commit and its answer.
  assert.ok(storedAllTheSame > 0 || kills < 50, "kills hit writes after their commits");
}

interface Lives {
  readonly databaseUrl: string;
  readonly number: number;
  readonly kills: number;
  readonly start: Start;
  readonly seen: Seen;
}

/** Starts a server on a database, kills it amid writes, and looks after each restart for what was acknowledged. */
async function killAgainAndAgain({ databaseUrl, number, kills, start, seen }: Lives): Promise<void> {
  const random = createRandom(SEED + number);
  const acknowledged = new Map<string, string>();
  let cutOff: readonly Batch[] = [];

  function acknowledge({ label, size }: Batch, ids: readonly string[]): void {
    assert.equal(ids.length, size);
    for (const [index, { name }] of batchOf(label, size).entries()) acknowledged.set(name, ids[index] ?? "");
    seen.batches += 1;
    seen.users += size;
  }

  async function look(baseUrl: string): Promise<void> {
    const found = await auditServer(baseUrl);
    for (const [name, id] of acknowledged) assert.equal(found.get(name), id, name);
    seen.checked += acknowledged.size;
    seen.cutOff += cutOff.length;
    const send = createSender(baseUrl);
    for (const batch of cutOff) {
      const stored = batchOf(batch.label, batch.size).flatMap(({ name }) => found.get(name) ?? []);
      if (stored.length > 0) seen.storedAllTheSame += 1;
      // A request id makes it safe to send again what may have been done, whichever it was.
      if (batch.kind !== "create" && batch.kind !== "import") continue;
      const ids = await send(batch);
      if (stored.length > 0) assert.deepEqual(ids, stored);
      acknowledge(batch, ids);
      seen.repeated += 1;
    }
  }

  for (let life = 0; life < kills; life++) {
    await using server = await start(databaseUrl);
    const { baseUrl } = server;
    await look(baseUrl);
    let left = 1 + random.below(BATCHES);
    let killed: Promise<void> | undefined;
    cutOff = await writeUntilGone(baseUrl, `s${number}l${life}`, random, (batch, ids) => {
      acknowledge(batch, ids);
      left -= 1;
      if (left === 0) killed = server.kill();
    });
    assert.ok(killed, "the server was gone before it was killed");
    await killed;
    seen.kills += 1;
  }
  await using store = await openStore(databaseUrl);
  const file = databaseUrl.startsWith("sqlite:") ? sqliteFile(databaseUrl) : undefined;
  const { users, problems } = await checkStore(store, file);
  assert.deepEqual(problems, []);
  for (const [name, id] of acknowledged) assert.equal(users.get(Number(id))?.name, name);
}
