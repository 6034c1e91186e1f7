import { setTimeout as sleep } from "node:timers/promises";
import { SlowSubscriberError } from "../../server/directory/feed/errors.ts";
import { createFeed, type Feed, type FeedStart } from "../../server/directory/feed/feed.ts";
import { type Selector, selects } from "../../server/directory/feed/selector.ts";
import type { EventRecord, UserRecord } from "../../server/store/records.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import { createRandom, type Random } from "../support/random.ts";

/** The type of the events that are appended when all else is done. */
export const LAST_EVENT = "the_end";

/** What a watcher has got since it began anew, over all subscriptions that went on by token. */
export interface WatchRecord {
  readonly selector: Selector;
  readonly start: "earliest" | "now" | "snapshot";
  readonly users: UserRecord[];
  /** Whether the snapshot, where there is one, was complete. */
  synced: boolean;
  readonly transactions: (readonly EventRecord[])[];
}

/** How to watch. */
export interface WatchersOptions {
  readonly stores: readonly UserStore[];
  readonly watchers: number;
  readonly seed: number;
  /** From then on nobody leaves or stalls. */
  readonly isOver: () => boolean;
  /** Milliseconds that a watcher stays or stalls, at most. */
  readonly longestMs: number;
}

/** Makes a feed of a store, with room for all watchers. */
export function makeFeed(store: UserStore): Feed {
  return createFeed({ store, maxSubscribers: 100_000, maxSubscribersPerCaller: 100_000, bookmarkIntervalMs: 100 });
}

/** Watches from many watchers on several stores, who come, go and stall, until each has met the last event. */
export async function runWatchers(options: WatchersOptions): Promise<readonly WatchRecord[]> {
  const feeds = options.stores.map(makeFeed);
  const records = Array.from({ length: options.watchers }, (_, number) => {
    const selector: Selector = number % 3 === 2 ? { kind: "user", id: 1 + (number % 5) } : { kind: "all" };
    return watch(feeds, selector, createRandom(options.seed + number), options);
  });
  return (await Promise.all(records)).flat();
}

async function watch(
  feeds: readonly Feed[],
  selector: Selector,
  random: Random,
  { isOver, longestMs }: WatchersOptions,
): Promise<WatchRecord[]> {
  const records: WatchRecord[] = [];
  let record: WatchRecord | undefined;
  let token = "";
  for (let met = false; !met; ) {
    if (record === undefined || token === "" || (random.chance(0.2) && !isOver())) {
      record = {
        selector,
        start: random.pick(["earliest", "now", "snapshot"]),
        users: [],
        synced: false,
        transactions: [],
      };
      records.push(record);
      token = "";
    }
    const start: FeedStart = token === "" ? { kind: record.start } : { kind: "resume", token };
    // Who comes back does so by any replica.
    const feed = random.pick(feeds);
    const left = new AbortController();
    const stay = isOver() ? undefined : setTimeout(() => left.abort(), 20 + random.below(longestMs));
    const subscription = feed.subscribe({ selector, start, signal: left.signal, caller: "test" });
    let part: EventRecord[] = [];
    if (token === "") record.users.length = 0;
    try {
      for await (const item of subscription) {
        if (item.kind === "snapshot") record.users.push(...item.users);
        if (item.kind === "synced") record.synced = true;
        if (item.kind === "transaction") {
          part.push(...item.events);
          if (!item.more) {
            record.transactions.push(part);
            met = part.some(({ type }) => type === LAST_EVENT);
            part = [];
          }
        }
        token = feed.tokenOf(subscription);
        if (met) break;
        if (!isOver() && random.chance(0.01)) await sleep(random.below(longestMs));
      }
    } catch (error) {
      if (!left.signal.aborted && !(error instanceof SlowSubscriberError)) throw error;
      if (error instanceof SlowSubscriberError) token = error.resumeToken;
    } finally {
      clearTimeout(stay);
      await subscription.return();
    }
  }
  return records;
}

/** Returns what is wrong with a record, given the history: an event that is missing, doubled, out of order or split. */
export function recordProblems(log: readonly EventRecord[], record: WatchRecord): string[] {
  const { selector, start, transactions } = record;
  const wanted = [
    ...Map.groupBy(
      log.filter(row => selects(selector, row)),
      ({ position }) => position.tx,
    ).values(),
  ];
  const key = (events: readonly EventRecord[]) =>
    events.map(({ position, userId, type }) => `${position.seq} ${userId} ${type}`).join();
  const expected = wanted.map(key);
  const got = transactions.map(key);
  if (got.length === 0) return [];
  const begin = start === "earliest" ? 0 : expected.indexOf(got[0] ?? "");
  if (begin < 0) return [`the history has no transaction ${got[0]}`];
  const wrong = got.findIndex((events, index) => events !== expected[begin + index]);
  if (wrong >= 0) return [`got ${got[wrong]} in the place of ${expected[begin + wrong]}`];
  if (start !== "snapshot" || !record.synced) return [];
  const first = wanted[begin]?.[0];
  const state = new Map<number, UserRecord>();
  for (const row of first === undefined ? log : log.slice(0, log.indexOf(first))) {
    if (row.user !== undefined) state.set(row.user.id, row.user);
  }
  const users = [...state.values()].filter(({ id }) => selector.kind !== "user" || id === selector.id);
  const shown = (list: readonly UserRecord[]) =>
    list
      .map(({ id, version }) => `${id} ${version}`)
      .sort()
      .join();
  return shown(users) === shown(record.users) ? [] : ["the snapshot is not the state before its events"];
}
