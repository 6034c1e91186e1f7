import { foldText, ORDER_BY_ID } from "../../server/store/queries.ts";
import { type EventRecord, START_POSITION, type UserRecord } from "../../server/store/records.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import type { Outcomes } from "./workload.ts";

/** Reads the whole history of a store. */
export async function readHistory(store: UserStore): Promise<readonly EventRecord[]> {
  const log: EventRecord[] = [];
  for (let position = START_POSITION; ; ) {
    const { events, next } = await store.readEvents(position, 1000);
    if (events.length === 0) return log;
    log.push(...events);
    position = next;
  }
}

/**
 * Holds what a workload was told against what is stored, and returns what is wrong, a line each: an acknowledged write that is
 * lost, any that is there twice, one that is there though nothing should have happened, a gap or a step back in the numbers,
 * a version that does not follow the one before, users that are not what their history says.
 */
export async function findProblems(store: UserStore, outcomes: Outcomes): Promise<string[]> {
  const log = await readHistory(store);
  const problems = [...numberProblems(log), ...versionProblems(log)];
  const writes = new Map<string, Set<bigint>>();
  for (const event of log) {
    const label = labelOf(event);
    writes.set(label, (writes.get(label) ?? new Set()).add(event.position.tx));
  }
  for (const [label, transactions] of writes) if (transactions.size > 1) problems.push(`doubled: ${label}`);
  for (const label of outcomes.done) if (!writes.has(label)) problems.push(`lost: ${label}`);
  for (const label of [...outcomes.refused, ...outcomes.failed]) {
    if (writes.has(label)) problems.push(`happened all the same: ${label}`);
  }
  const state = new Map<number, UserRecord>();
  for (const { user } of log) if (user !== undefined) state.set(user.id, user);
  const { users } = await store.listUsers({ filter: { includeDeleted: true }, order: ORDER_BY_ID, limit: 1_000_000 });
  if (JSON.stringify(users) !== JSON.stringify([...state.values()].sort((a, b) => a.id - b.id))) {
    problems.push("the users are not what their history says");
  }
  if (users.some(({ id }, index) => id !== index + 1)) problems.push("ids have a gap");
  const emails = users.filter(user => user.deleteTime === undefined).map(user => foldText(user.email));
  if (new Set(emails).size !== emails.length) problems.push("an email is there twice");
  return problems;
}

/** The label of the write that an event is of. */
function labelOf({ user, payload, type }: EventRecord): string {
  if (user === undefined) return Buffer.from(payload ?? []).toString();
  return type === "created" ? user.name.replace(/[bc]$/, "") : user.name;
}

function numberProblems(log: readonly EventRecord[]): string[] {
  const problems: string[] = [];
  let tx = 0n;
  for (const [index, { position }] of log.entries()) {
    if (position.seq !== BigInt(index + 1)) problems.push(`number ${position.seq} stands at place ${index + 1}`);
    if (position.tx < tx) problems.push(`transaction ${position.tx} comes after ${tx}`);
    tx = position.tx;
  }
  return problems;
}

function versionProblems(log: readonly EventRecord[]): string[] {
  const problems: string[] = [];
  const versions = new Map<number, { version: number; tx: bigint }>();
  for (const { userId, user, position } of log) {
    if (user === undefined) continue;
    const last = versions.get(userId);
    // Two events of one change show the same version.
    const expected = last === undefined ? 1 : last.tx === position.tx ? last.version : last.version + 1;
    if (user.version !== expected) problems.push(`user ${userId}: version ${user.version} after ${last?.version}`);
    versions.set(userId, { version: user.version, tx: position.tx });
  }
  return problems;
}
