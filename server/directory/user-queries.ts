import { cursorOf, ORDER_BY_ID, type UserCursor, type UserFilter } from "../store/queries.ts";
import type { UserStore } from "../store/user-store.ts";
import { countFitting, requireFitting } from "./answer-size.ts";
import { InvalidFieldError, UserNotFoundError } from "./errors.ts";
import { parseFilter } from "./filter.ts";
import { flatten } from "./flatten.ts";
import { parseOrderBy } from "./order-by.ts";
import { createPageTokens } from "./page-token.ts";
import { parseUserId, type User } from "./user.ts";
import { isEmail } from "./user-rules.ts";

/** Users of a page where the caller does not say. */
export const DEFAULT_PAGE_SIZE = 50;
/** Users of a page, at most; who asks for more gets as many. */
export const MAX_PAGE_SIZE = 1000;
/** Users that are read at a time where a stream is sent. Of larger pages more outlives the collector's first look. */
const STREAM_PAGE_SIZE = 100;

/** Which page of users to read. */
export interface ListUsersOptions {
  /** 0 means {@link DEFAULT_PAGE_SIZE}; above {@link MAX_PAGE_SIZE} means that. */
  readonly pageSize?: number;
  /** The `nextPageToken` of the page before, with all other fields but `pageSize` unchanged. */
  readonly pageToken?: string;
  /** As in `parseFilter`. */
  readonly filter?: string;
  /** As in `parseOrderBy`. */
  readonly orderBy?: string;
  readonly showDeleted?: boolean;
  /** Counts all that match, in time that grows with the directory. */
  readonly includeTotalSize?: boolean;
}

/** A page of users. */
export interface UserPage {
  readonly users: readonly User[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
  readonly totalSize: number | undefined;
}

/** What can be asked of a directory. */
export interface UserQueries {
  /** Returns a user, also a deleted one. Throws {@link UserNotFoundError}. */
  getUser(id: string): Promise<User>;
  /** Returns a user that is not deleted; undefined where there is none. */
  findUser(id: string): Promise<User | undefined>;
  /** Returns the user that has the email and is not deleted. Throws {@link UserNotFoundError}. */
  getUserByEmail(email: string): Promise<User>;
  /**
   * Answers users in the order of the ids, deleted ones too. Throws {@link UserNotFoundError} for the first unknown, and
   * {@link AnswerTooLargeError} where one answer does not hold them.
   */
  batchGetUsers(ids: readonly string[]): Promise<readonly User[]>;
  /** Returns a page, which ends where one answer holds no more. Throws {@link InvalidFieldError} for a filter, order, size or token that is not understood. */
  listUsers(options: ListUsersOptions): Promise<UserPage>;
  /**
   * Reads all users that match by ascending id, a page at a time as they are asked for, until the signal aborts. The
   * filter is as in `parseFilter`, or one that is parsed already.
   */
  exportUsers(filter: string | UserFilter, showDeleted: boolean, signal?: AbortSignal): AsyncIterable<User>;
}

/** Makes the queries of a directory. */
export function createUserQueries(store: UserStore): UserQueries {
  const tokens = createPageTokens(store.identity.key);

  function lookUp(id: string): Promise<User | undefined> | undefined {
    const number = parseUserId(id);
    return number === undefined ? undefined : store.getUser(number);
  }

  async function* readAll(filter: string | UserFilter, showDeleted: boolean): AsyncGenerator<readonly User[]> {
    const parsed = typeof filter === "string" ? parseFilter(filter) : filter;
    const query = { filter: { ...parsed, includeDeleted: showDeleted }, order: ORDER_BY_ID, limit: STREAM_PAGE_SIZE };
    let after: UserCursor | undefined;
    do {
      const page = await store.listUsers({ ...query, after });
      yield page.users;
      after = page.next;
    } while (after);
  }

  return {
    async findUser(id) {
      const user = await lookUp(id);
      return user?.deleteTime === undefined ? user : undefined;
    },
    async getUser(id) {
      const user = await lookUp(id);
      if (user === undefined) throw new UserNotFoundError(id);
      return user;
    },
    async getUserByEmail(email) {
      const user = isEmail(email) ? await store.getUserByEmail(email) : undefined;
      if (user === undefined) throw new UserNotFoundError(email);
      return user;
    },
    async batchGetUsers(ids) {
      const numbers = ids.map(id => parseUserId(id) ?? 0);
      const found = new Map((await store.getUsers(numbers)).map(user => [user.id, user]));
      const users = ids.map((id, index) => {
        const user = found.get(numbers[index] ?? 0);
        if (user === undefined) throw new UserNotFoundError(id);
        return user;
      });
      requireFitting(users);
      return users;
    },
    async listUsers(options) {
      const { pageSize = 0, pageToken = "", filter: text = "", orderBy = "" } = options;
      const { showDeleted = false, includeTotalSize = false } = options;
      if (pageSize < 0) throw new InvalidFieldError("page_size", `page_size "${pageSize}" is below 0`);
      const limit = Math.min(pageSize || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
      const filter = { ...parseFilter(text), includeDeleted: showDeleted };
      const order = parseOrderBy(orderBy);
      const args = [text, orderBy, showDeleted, includeTotalSize];
      const after = pageToken === "" ? undefined : tokens.open(pageToken, args);
      const page = await store.listUsers({ filter, order, limit, after });
      const users = page.users.slice(0, countFitting(page.users));
      const last = users.length < page.users.length ? users.at(-1) : undefined;
      const next = last ? cursorOf(last, order) : page.next;
      const totalSize = includeTotalSize ? await store.countUsers(filter) : undefined;
      return { users, nextPageToken: next ? tokens.seal(next, args) : "", totalSize };
    },
    exportUsers: (filter, showDeleted, signal) => flatten(readAll(filter, showDeleted), signal),
  };
}
