import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { batchOf } from "../faults/batches.ts";
import { auditServer } from "../faults/kill/audit.ts";
import { type Batch, createSender, isGone } from "../faults/kill/writers.ts";
import { makeCertificates } from "../support/certificates.ts";
import { startPostgres } from "../support/postgres.ts";
import { startWorkers } from "../support/worker-server.ts";

const KILLS = 4;
const WRITERS = 12;
/** Writes that are acknowledged between two kills. */
const WRITES = 40;

/** Writes from many connections until `isOver`; returns the names that were acknowledged, with their ids. */
async function writeUntil(isOver: () => boolean, baseUrl: string, onDone: () => void): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>();
  async function write(writer: number): Promise<void> {
    const send = createSender(baseUrl);
    for (let n = 0; !isOver(); n++) {
      const kind = n % 2 === 0 ? "create" : "import";
      const size = kind === "create" ? 1 : 5;
      const batch: Batch = { label: `w${writer}n${n}`, size, kind, requestId: randomUUID() };
      const ids = await sendUntilAcknowledged(send, batch);
      for (const [index, { name }] of batchOf(batch.label, size).entries()) acknowledged.set(name, ids[index] ?? "");
      onDone();
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  return acknowledged;
}

/** A request id makes it safe to send again what may have been done. */
async function sendUntilAcknowledged(send: ReturnType<typeof createSender>, batch: Batch): Promise<readonly string[]> {
  for (;;) {
    try {
      return await send(batch);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

describe("a worker that is killed", () => {
  for (const store of ["sqlite", "postgres"] as const) {
    test(`amid writes loses none that was acknowledged, and is replaced, on ${store}`, async t => {
      await using postgres = store === "postgres" ? await startPostgres() : undefined;
      const database = postgres && { DATABASE_URL: await postgres.createDatabase() };
      await using server = await startWorkers({ DEMO_DATA: "false", ...database });
      const killed = new Set<number>();
      let over = false;
      let done = 0;
      let wake = () => {};
      const writing = writeUntil(
        () => over,
        server.baseUrl,
        () => {
          done += 1;
          wake();
        },
      );
      for (let kill = 0; kill < KILLS; kill++) {
        const goal = done + WRITES;
        while (done < goal) {
          const next = new Promise<void>(resolve => {
            wake = resolve;
          });
          await Promise.race([next, writing]);
        }
        const worker = 1 + (kill % 2);
        const pid = server.pidOf(worker);
        assert.ok(!killed.has(pid));
        killed.add(pid);
        process.kill(pid, "SIGKILL");
        await server.line(line => line.msg !== undefined && /^a worker ended/.test(line.msg) && line.pid === pid);
        await server.line(
          line => line.msg === "a worker is ready" && line.worker === worker && !killed.has(Number(line.pid)),
        );
      }
      over = true;
      const acknowledged = await writing;
      const found = await auditServer(server.baseUrl);
      for (const [name, id] of acknowledged) assert.equal(found.get(name), id, name);
      t.diagnostic(`${KILLS} kills, ${acknowledged.size} users acknowledged, 0 lost`);
      server.process.kill("SIGTERM");
      assert.equal(await server.ended, 0, server.errors());
    });
  }

  test("with connections that it did not live to take has them closed, and others take the next ones", async () => {
    await using server = await startWorkers();
    const pids = [1, 2].map(server.pidOf);
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    const sockets = Array.from({ length: 4 }, () => connect(server.port, "127.0.0.1").on("error", () => undefined));
    await Promise.all(sockets.map(socket => once(socket, "connect")));
    const closed = sockets.map(socket => once(socket, "close"));
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await Promise.all(closed);
    await server.connect();
  });

  test("ends the server with exit code 1 and the reason, where none serves and none can start in their places", async () => {
    using certificates = await makeCertificates();
    const { certFile, keyFile } = certificates;
    await using server = await startWorkers({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile });
    writeFileSync(certFile, "none");
    for (const pid of [1, 2].map(server.pidOf)) process.kill(pid, "SIGKILL");
    assert.equal(await server.ended, 1);
    assert.match(server.errors(), /^TLS_CERT_FILE[^\n]*\n$/);
    const ended = /^a worker ended; another one starts in \d+ ms$/;
    const triesOf = (worker: number) =>
      server.lines.filter(line => line.worker === worker && ended.test(line.msg ?? ""));
    assert.ok(Math.max(...[1, 2].map(worker => triesOf(worker).length)) >= 4);
  });
});
