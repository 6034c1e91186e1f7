import assert from "node:assert/strict";
import { toBinary } from "@bufbuild/protobuf";
import type { Event, SubscribeResponse, User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type UserEvent, UserSchema } from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { Selector } from "../../server/directory/feed/selector.ts";
import { selects } from "../../server/directory/feed/selector.ts";
import { toUserMessage } from "../../server/services/directory-messages.ts";
import { toMessage } from "../../server/services/user-message.ts";
import { type EventRecord, START_POSITION, type UserRecord } from "../../server/store/records.ts";
import type { UserStore } from "../../server/store/user-store.ts";

/** What a watcher has got since it started anew, over all streams that went on by token. */
export interface FeedRecord {
  readonly selector: Selector;
  /** Where it began; from NOW on any event may be the first. */
  readonly start: "earliest" | "now" | "snapshot";
  /** The users of the snapshot, once it was complete. */
  users: User[] | undefined;
  /** Events by transaction. */
  readonly transactions: Event[][];
  /** The part of a transaction, or of a snapshot, that is not complete. */
  readonly pending: { events: Event[]; users: User[] };
  /** After what is complete. */
  token: string;
  /** It was read until an event that comes after all others. */
  finished: boolean;
}

/** Starts a record. */
export function newRecord(selector: Selector, start: FeedRecord["start"]): FeedRecord {
  const pending = { events: [], users: [] };
  return { selector, start, users: undefined, transactions: [], pending, token: "", finished: false };
}

/** Adds a message to a record. */
export function recordMessage(record: FeedRecord, { message, resumeToken }: SubscribeResponse): void {
  const { pending } = record;
  if (message.case === "snapshot") pending.users.push(...message.value.users);
  if (message.case === "synced") record.users = pending.users.splice(0);
  if (message.case === "transaction") {
    pending.events.push(...message.value.events);
    if (!message.value.more) record.transactions.push(pending.events.splice(0));
  } else assert.equal(pending.events.length, 0, "nothing comes in the middle of a transaction");
  if (resumeToken !== "") record.token = resumeToken;
}

/** What was not complete when a stream was lost comes again. */
export function forgetPending({ pending }: FeedRecord): void {
  pending.events = [];
  pending.users = [];
}

/** Reads all events of a store. */
export async function readLog(store: UserStore): Promise<readonly EventRecord[]> {
  const log: EventRecord[] = [];
  for (let position = START_POSITION; ; ) {
    const { events, next } = await store.readEvents(position, 1000);
    if (events.length === 0) return log;
    log.push(...events);
    position = next;
  }
}

/** Says which event of the log a message is about. */
function keyOfMessage({ userId, type, user, payload }: Event): string {
  return `${userId} ${type} ${user === undefined ? Buffer.from(payload).toString() : user.etag}`;
}

/** A thousand records are held against the same rows. */
const rowKeys = new WeakMap<EventRecord, string>();
const userEventKeys = new WeakMap<EventRecord, string>();

function remembered(keys: WeakMap<EventRecord, string>, row: EventRecord, make: (row: EventRecord) => string): string {
  const key = keys.get(row) ?? make(row);
  keys.set(row, key);
  return key;
}

function keyOfRow({ userId, type, user, payload = new Uint8Array() }: EventRecord): string {
  return `${userId} ${type} ${user === undefined ? Buffer.from(payload).toString() : toUserMessage(user).etag}`;
}

/**
 * Asserts that a record is a slice of the log: nothing is missing, doubled or out of order, no transaction is split, and
 * the snapshot is the state that its events begin with.
 */
export function checkRecord(log: readonly EventRecord[], record: FeedRecord): void {
  const rows = log.filter(row => selects(record.selector, row));
  const expected = [...Map.groupBy(rows, ({ position }) => position.tx).values()];
  const expectedKeys = expected.map(group => group.map(row => remembered(rowKeys, row, keyOfRow)).join("\n"));
  const keys = record.transactions.map(group => group.map(keyOfMessage).join("\n"));
  const first = keys[0];
  let begin = record.start === "earliest" ? 0 : expectedKeys.length;
  if (record.start !== "earliest" && first !== undefined) begin = expectedKeys.indexOf(first);
  assert.ok(begin >= 0, `the log holds the first transaction whole: ${first}`);
  assert.deepEqual(keys, expectedKeys.slice(begin, begin + keys.length), "the record is a slice of the log");
  if (record.users === undefined || keys.length === 0) return;
  const before = expected[begin]?.[0];
  const state = stateBefore(before === undefined ? log : log.slice(0, log.indexOf(before)), record.selector);
  assert.deepEqual(
    record.users.map(({ id, etag }) => `${id} ${etag}`),
    state.map(user => `${user.id} ${toUserMessage(user).etag}`),
    "the snapshot is the state before its events",
  );
}

/** The users that a selector selects after some events, by id. */
function stateBefore(log: readonly EventRecord[], selector: Selector): UserRecord[] {
  const users = new Map<number, UserRecord>();
  for (const { user } of log) if (user !== undefined) users.set(user.id, user);
  return [...users.values()]
    .filter(({ deleteTime }) => deleteTime === undefined)
    .filter(
      ({ id, role }) =>
        (selector.kind === "user" ? id === selector.id : true) && (selector.kind !== "role" || role === selector.role),
    )
    .sort((a, b) => a.id - b.id);
}

/** Asserts that what a stream of `WatchUserEvents` gave is the state at some moment, then all that came after it. */
export function checkUserEvents(log: readonly EventRecord[], userId: string, events: readonly UserEvent[]): void {
  const id = Number(userId);
  const selector: Selector = userId === "*" ? { kind: "all" } : { kind: "user", id };
  const rows = log.filter(row => selects(selector, row));
  const isShown = ({ eventType }: UserEvent) => eventType === "snapshot" || eventType === "not_found";
  const shown = events.filter(isShown);
  const keys = events.slice(shown.length).map(userEventKey);
  assert.ok(!events.slice(shown.length).some(isShown), "what is shown comes first");
  if (keys.length === 0) return;
  const expected = rows.map(row => remembered(userEventKeys, row, () => userEventKey(toUserEvent(row))));
  const matches = rows.filter((row, begin) => {
    if (expected[begin] !== keys[0] || keys.some((key, i) => key !== expected[begin + i])) return false;
    const state = stateBefore(log.slice(0, log.indexOf(row)), selector);
    const users = shown.filter(({ eventType }) => eventType === "snapshot");
    return (
      state.every((user, i) => Buffer.from(users[i]?.payload ?? []).equals(encode(user))) &&
      users.length === state.length
    );
  });
  assert.ok(matches.length > 0, `what came of ${userId} is a slice of the log: ${keys.length} events, ${keys[0]}`);
}

function toUserEvent({ type: eventType, userId, user, payload }: EventRecord) {
  return {
    eventType,
    userId: String(userId),
    payload: user === undefined ? (payload ?? new Uint8Array()) : encode(user),
  };
}

function userEventKey({ eventType, userId, payload }: Pick<UserEvent, "eventType" | "userId" | "payload">): string {
  return `${eventType} ${userId} ${Buffer.from(payload).toString("hex")}`;
}

function encode(user: UserRecord): Uint8Array {
  return toBinary(UserSchema, toMessage(user));
}
