import type { UserStore } from "../../server/store/user-store.ts";
import { findProblems, readHistory } from "./audit.ts";
import { LAST_EVENT, recordProblems, runWatchers } from "./watchers.ts";
import { createHotUsers, HOT_USERS, newOutcomes, runWriters } from "./workload.ts";

/** How much to do. */
export interface OrderRunOptions {
  readonly stores: readonly UserStore[];
  readonly writers: number;
  readonly watchers: number;
  readonly seed: number;
  readonly longestMs: number;
  /** As in `WorkloadOptions`. */
  readonly isOver: (begun: number) => boolean;
  /** Done between the first users and the writing. */
  readonly prepare?: () => Promise<void>;
}

/** What was done and seen, and what was wrong with it. */
export interface OrderRun {
  readonly problems: readonly string[];
  readonly counts: string;
}

/** Has writers and watchers at work on several stores, then holds what each watcher got against the history. */
export async function runInOrder(options: OrderRunOptions): Promise<OrderRun> {
  const { stores, isOver, seed } = options;
  const [store] = stores as [UserStore];
  await createHotUsers(store);
  await options.prepare?.();
  const outcomes = newOutcomes();
  let over = false;
  const watching = runWatchers({ ...options, seed: seed + 1000, isOver: () => over });
  // Whoever fails first is heard of at once.
  const writing = runWriters({ ...options, outcomes, isOver });
  await Promise.race([writing, watching.then(() => writing)]);
  over = true;
  let met = false;
  const done = () => {
    met = true;
  };
  watching.then(done, done);
  while (!met) {
    for (let id = 1; id <= HOT_USERS; id++) {
      await store.write({
        kind: "append",
        time: Date.now(),
        id,
        type: LAST_EVENT,
        payload: Buffer.from(`end${Math.random()}`),
      });
    }
  }
  const records = await watching;
  const log = await readHistory(store);
  const problems = [
    ...(await findProblems(store, outcomes)),
    ...records.flatMap(record => recordProblems(log, record)),
  ];
  const transactions = records.reduce((sum, record) => sum + record.transactions.length, 0);
  const { done: written, refused, failed, unknown } = outcomes;
  const counts = `${written.size} writes done, ${refused.size} refused, ${failed.size} failed, ${unknown.size} unknown; ${log.length} events, ${records.length} records of ${transactions} transactions; ${problems.length} problems`;
  return { problems, counts };
}
