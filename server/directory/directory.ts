import type { UserStore } from "../store/user-store.ts";
import { DEMO_REQUEST, DEMO_USERS } from "./demo-users.ts";
import type { User, UserInput } from "./user.ts";
import { type CreateOptions, createUserCommands, type UserCommands } from "./user-commands.ts";
import { collectUsers } from "./user-import.ts";
import { createUserQueries, type UserQueries } from "./user-queries.ts";

/** What a directory needs. */
export interface DirectoryOptions {
  /** Where the users are; whoever opened it closes it. */
  readonly store: UserStore;
  /** Milliseconds since 1970 in UTC. Defaults to the system's clock. */
  readonly clock?: () => number;
}

/** Users and their rules, as every service shows them. Holds no state of its own, so there may be many on one store. */
export interface Directory extends UserQueries, UserCommands {
  /**
   * Checks users as they arrive, then stores all of them, or none, and returns them in that order. Throws as
   * `collectUsers` does, and as `createUsers`. The options are asked for once all have arrived.
   */
  importUsers(
    inputs: AsyncIterable<UserInput> | Iterable<UserInput>,
    options?: () => CreateOptions,
  ): Promise<readonly User[]>;
  /** Fills a directory that never had a user with the five demo users, ids 1 to 5. Returns whether it did. */
  addDemoUsers(): Promise<boolean>;
}

/** Makes a directory on a store. */
export function createDirectory({ store, clock = Date.now }: DirectoryOptions): Directory {
  const commands = createUserCommands(store, clock);
  return {
    ...createUserQueries(store),
    ...commands,
    async importUsers(inputs, options) {
      const users = await collectUsers(inputs);
      return commands.createUsers(users, options?.());
    },
    async addDemoUsers() {
      if (!(await store.isEmpty())) return false;
      const write = { kind: "create", time: clock(), users: DEMO_USERS, request: DEMO_REQUEST } as const;
      // Where another process has stored a user meanwhile, the ids are others, and it is refused.
      return (await store.write({ ...write, maxId: DEMO_USERS.length })).status === "created";
    },
  };
}
