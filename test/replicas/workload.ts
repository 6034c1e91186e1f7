import { createUsers, newUser } from "../../server/store/contract/driver.ts";
import { StoreUnavailableError } from "../../server/store/errors.ts";
import type { UserStore } from "../../server/store/user-store.ts";
import type { Write } from "../../server/store/writes.ts";
import { createRandom, type Random } from "../support/random.ts";

/** Users that are changed again and again: ids 1 to this. */
export const HOT_USERS = 20;

/** What became of the writes, each known by a label that its event carries. */
export interface Outcomes {
  /** Acknowledged as done. */
  readonly done: Set<string>;
  /** Refused by a rule. */
  readonly refused: Set<string>;
  /** Ended with an error that says that nothing happened. */
  readonly failed: Set<string>;
  /** Ended with an error that says that it may have happened. */
  readonly unknown: Set<string>;
}

/** Makes an empty account of writes. */
export function newOutcomes(): Outcomes {
  return { done: new Set(), refused: new Set(), failed: new Set(), unknown: new Set() };
}

/** Stores the users that are changed again and again. */
export async function createHotUsers(store: UserStore): Promise<void> {
  await createUsers(store, ...Array.from({ length: HOT_USERS }, (_, i) => newUser(`hot${i + 1}`)));
}

/** How to write. */
export interface WorkloadOptions {
  readonly stores: readonly UserStore[];
  readonly writers: number;
  readonly seed: number;
  /** Tells one run of a process apart from another. */
  readonly run?: string;
  /** Asked before each write of a writer, with how many it has begun. */
  readonly isOver: (begun: number) => boolean;
  readonly outcomes: Outcomes;
  /** Told of each write that was acknowledged as done. */
  readonly onDone?: (label: string) => void;
}

/** Writes at random from many writers on several stores until told to stop. Faults of another kind end it. */
export async function runWriters(options: WorkloadOptions): Promise<void> {
  const { stores, writers, seed, run = "", isOver, outcomes, onDone = () => {} } = options;
  async function write(number: number): Promise<void> {
    const store = stores[number % stores.length] as UserStore;
    const random = createRandom(seed + number);
    for (let begun = 0; !isOver(begun); begun++) {
      const label = `${run}w${number}n${begun}`;
      try {
        const { status } = await store.write(randomWrite(label, random));
        if (status === "refused") outcomes.refused.add(label);
        else {
          outcomes.done.add(label);
          onDone(label);
        }
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
        (error.mayHaveHappened ? outcomes.unknown : outcomes.failed).add(label);
      }
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, number) => write(number)));
}

/** A write whose every trace carries its label; some are refused, after they have done a part in memory. */
function randomWrite(label: string, random: Random): Write {
  const id = 1 + random.below(HOT_USERS);
  const time = Date.now();
  const user = newUser(label);
  const kind = random.below(100);
  if (kind < 40) return { kind: "append", time, id, type: "login", payload: Buffer.from(label) };
  if (kind < 65) return { kind: "update", time, id, changes: { name: label, age: random.below(2) + kind } };
  if (kind < 75)
    return { kind: "update", time, id, changes: { name: label, email: `${label}@example.com`, role: "admin" } };
  if (kind < 85) return { kind: "create", time, users: [user] };
  if (kind < 90) return { kind: "create", time, users: [user, newUser(`${label}b`), newUser(`${label}c`)] };
  if (kind < 95) return { kind: "create", time, users: [user, newUser(`${label}b`), { ...user, name: "twin" }] };
  return { kind: "update", time, id, ifVersion: 0, changes: { name: label } };
}
