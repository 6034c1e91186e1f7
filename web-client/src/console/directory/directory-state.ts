import { computed, effect, signal } from "@preact/signals";
import { Code, type Concierge, conciergeError, createConcierge, type User } from "../../../../client/web.ts";
import { token } from "../state.ts";
import { filterOf } from "./search-filter.ts";

/** Users of one page of the list. */
const pageSize = 50;

/** A client with the token that is typed. Its calls end by themselves, and none is sent twice. */
export const concierge = computed<Concierge>(() =>
  createConcierge({ baseUrl: location.origin, ...(token.value !== "" && { token: token.value }) }),
);

/** What is looked for, as it is typed. */
export const searchText = signal("");
export const orderBy = signal("id");
export const showsDeleted = signal(false);

/** The tokens of the pages up to the one that is shown; the first page has an empty one. */
export const pageTokens = signal<readonly string[]>([""]);

/** The page that is shown; undefined until it is here. */
export const page = signal<{ readonly users: readonly User[]; readonly nextPageToken: string } | undefined>(undefined);
export const listProblem = signal("");

/** The user that is shown beside the list; "new" for one that is not stored yet. */
export const shownUser = signal<User | "new" | undefined>(undefined);

/** Counts the changes that were made here: the list is read again after each. */
export const changes = signal(0);

/** Milliseconds without a key after which the list follows what is typed. */
const typingPauseMs = 200;

/** Reads the page that is asked for, again as what is asked for changes; the last question wins. Returns what ends it. */
export function followList(): () => void {
  return effect(() => {
    const request = {
      pageSize,
      pageToken: pageTokens.value.at(-1) ?? "",
      filter: filterOf(searchText.value),
      orderBy: orderBy.value,
      showDeleted: showsDeleted.value,
    };
    void changes.value;
    const { directory } = concierge.value;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { users, nextPageToken } = await directory.listUsers(request, { signal: abort.signal });
        page.value = { users, nextPageToken };
        listProblem.value = "";
      } catch (reason) {
        const { code, message } = conciergeError(reason);
        if (code !== Code.Canceled) listProblem.value = message;
      }
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  });
}

/** Looks for something else: from the first page on, as a token belongs to its question. */
export function ask(change: () => void): void {
  change();
  pageTokens.value = [""];
}
