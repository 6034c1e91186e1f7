import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { NewUser } from "../records.ts";
import type { StoreHealth } from "../user-store.ts";
import type { Write } from "../writes.ts";
import { openConnection, resultCode, SQLITE } from "./database.ts";
import { createGroupCommit } from "./group-commit.ts";
import { trimSteps } from "./trim.ts";
import type { FromWriter, ToWriter, WriterData } from "./writer-messages.ts";

/** Bytes that a probe must be able to store before writes are taken again. */
const PROBE_BYTES = 262_144;

/**
 * Pages in the log before they are moved into the data file. Four times the default: pages of the indexes by name and
 * email are written again and again, and moved once. A start after a crash still reads the log in milliseconds.
 */
const CHECKPOINT_PAGES = 4000;

/** Where the log ends up after a checkpoint that followed a burst, in bytes. */
const JOURNAL_SIZE_LIMIT = 67_108_864;

const port = parentPort;
if (port === null) throw new Error("writer-thread runs as a worker");
const { file, probeIntervalMs }: WriterData = workerData;

const database = openConnection(file, { cacheKib: 32_768 });
database.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
database.exec(`PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT}`);
const commitGroup = createGroupCommit(database);
const parts = new Map<number, NewUser[]>();
let health: StoreHealth = { state: "ready" };
let probeTimer: NodeJS.Timeout | undefined;

// Everything that was sent since the last commit goes into the next one.
port.on("message", (first: ToWriter) => {
  const tickets: number[] = [];
  const writes: Write[] = [];
  const later: ToWriter[] = [];
  for (let message: ToWriter | undefined = first; message; message = receiveMessageOnPort(port)?.message) {
    if (message.kind === "users") addPart(message.ticket, message.users);
    else if (message.kind === "forget") for (const ticket of message.tickets) parts.delete(ticket);
    else if (message.kind === "writes") {
      tickets.push(...message.tickets);
      for (const [index, write] of message.writes.entries()) writes.push(withParts(message.tickets[index] ?? 0, write));
    } else later.push(message);
  }
  if (writes.length > 0) commit(tickets, writes);
  for (const message of later) {
    if (message.kind === "trim") trim(message.ticket, trimSteps(database, message.limits, message.now));
    else if (message.kind === "close") close();
  }
});
post({ kind: "ready" });

function post(message: FromWriter): void {
  port?.postMessage(message);
}

function addPart(ticket: number, users: readonly NewUser[]): void {
  const known = parts.get(ticket);
  if (known) known.push(...users);
  else parts.set(ticket, [...users]);
}

function withParts(ticket: number, write: Write): Write {
  const earlier = parts.get(ticket);
  if (earlier === undefined || write.kind !== "create") return write;
  parts.delete(ticket);
  return { ...write, users: [...earlier, ...write.users] };
}

function commit(tickets: readonly number[], writes: readonly Write[]): void {
  if (health.state !== "ready") {
    post({ kind: "unavailable", tickets });
    return;
  }
  try {
    const start = performance.now();
    const outcomes = commitGroup(writes);
    post({ kind: "outcomes", tickets, outcomes, ms: performance.now() - start });
  } catch (error) {
    fail(error);
    post({ kind: "unavailable", tickets });
  }
}

/** Stops taking writes: for good where the file is damaged, else until a probe succeeds. */
function fail(error: unknown): void {
  const code = resultCode(error);
  const damaged = code === SQLITE.CORRUPT || code === SQLITE.NOTADB;
  setHealth({ state: damaged ? "failed" : "read_only", reason: String(error) });
  if (!damaged) probeTimer ??= setTimeout(probe, probeIntervalMs);
}

function setHealth(next: StoreHealth): void {
  health = next;
  post({ kind: "health", health });
}

function probe(): void {
  probeTimer = undefined;
  try {
    // Two transactions: pages that are freed in the one that takes them are never written.
    database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    database.exec(`INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', zeroblob(${PROBE_BYTES}))`);
    database.exec("DELETE FROM meta WHERE key = 'probe'");
    setHealth({ state: "ready" });
  } catch {
    probeTimer = setTimeout(probe, probeIntervalMs);
  }
}

function trim(ticket: number, steps: ReturnType<typeof trimSteps>): void {
  try {
    const step = health.state === "ready" ? steps.next() : undefined;
    if (step === undefined) post({ kind: "unavailable", tickets: [ticket] });
    else if (step.done) post({ kind: "trimmed", ticket, ...step.value });
    else setImmediate(trim, ticket, steps);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    fail(error);
    post({ kind: "unavailable", tickets: [ticket] });
  }
}

function close(): void {
  clearTimeout(probeTimer);
  database.close();
  post({ kind: "closed" });
  port?.close();
}
