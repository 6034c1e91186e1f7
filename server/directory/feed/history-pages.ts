import { comparePositions, type EventRecord, type Position } from "../../store/records.ts";
import type { EventPage, UserStore } from "../../store/user-store.ts";
import { type TransactionItem, transactionItem } from "./feed-item.ts";
import { type Selector, selectorKey, selects } from "./selector.ts";
import type { TransactionPart } from "./transactions.ts";
import { Turns } from "./turns.ts";

/** Rows that are read at a time: a millisecond or two, after which other work has its turn. */
export const EVENTS_PER_READ = 256;

/** Pages that are kept: with the longest payloads some 16 MB, with usual events less than one. */
const MAX_PAGES = 8;

/** Readers that begin, or go on after a full page, in one turn of the event loop: some milliseconds of work. */
const READERS_PER_TURN = 16;

/** What {@link HistoryPages} needs. */
export interface HistoryPagesOptions {
  readonly store: Pick<UserStore, "readEvents">;
  /** Where the hub is. */
  readonly hub: { readonly frontier: Position };
}

interface KeptPage {
  readonly page: Promise<EventPage>;
  /** Where the frontier was before the page was read. */
  readonly frontier: Position;
  /** It is full, so that no later event can belong to it. */
  full: boolean;
}

/**
 * Pages of the history for those who read it by themselves. Thousands come back at the same time, after a restart or a
 * lost connection, and most of them where others do: a page is read once for all of them, and an event that they select
 * alike becomes one item, which is encoded once.
 *
 * A page that is not full is kept as long as the frontier stays where it was: it holds all that was pushed by then, and
 * that is what the handing over to the hub depends on (see `readHistory`). Events past the frontier it may lack: who
 * needs them says up to where.
 */
export class HistoryPages {
  /** Who may begin, or read on after a full page. */
  readonly turns: Turns = new Turns(READERS_PER_TURN);
  readonly #options: HistoryPagesOptions;
  readonly #pages = new Map<string, KeptPage>();
  readonly #items = new WeakMap<EventRecord, Map<string, TransactionItem>>();

  constructor(options: HistoryPagesOptions) {
    this.#options = options;
  }

  /** The hub's, as far as it has members. */
  get frontier(): Position {
    return this.#options.hub.frontier;
  }

  /** Reads up to {@link EVENTS_PER_READ} events after a position. Throws as the store does. */
  read(after: Position): Promise<EventPage> {
    const known = this.#pages.get(keyOf(after));
    const current = known !== undefined && (known.full || comparePositions(known.frontier, this.frontier) === 0);
    return current ? known.page : this.#readAnew(after);
  }

  /** As {@link read}, and lacks no event up to `end`, which was committed already, unless the page is full before that. */
  async readTowards(after: Position, end: Position): Promise<EventPage> {
    const page = await this.read(after);
    const reaches = page.events.length === EVENTS_PER_READ || comparePositions(page.next, end) >= 0;
    return reaches ? page : this.#readAnew(after);
  }

  /** What a selector gets of a whole transaction: the same item each time. Undefined where that is nothing. */
  itemOf(selector: Selector, part: TransactionPart): TransactionItem | undefined {
    const events = part.events.filter(event => selects(selector, event));
    const [first] = events;
    if (first === undefined) return undefined;
    const items = this.#items.get(first) ?? new Map<string, TransactionItem>();
    this.#items.set(first, items);
    const key = selectorKey(selector);
    const item = items.get(key) ?? transactionItem(selector, events, part);
    items.set(key, item);
    return item;
  }

  /** Forgets all pages: for when nobody is there to read them. */
  clear(): void {
    this.#pages.clear();
  }

  #readAnew(after: Position): Promise<EventPage> {
    const key = keyOf(after);
    const { frontier } = this;
    const kept: KeptPage = { page: this.#options.store.readEvents(after, EVENTS_PER_READ), frontier, full: false };
    this.#pages.delete(key);
    this.#pages.set(key, kept);
    this.#dropOldest();
    kept.page.then(
      ({ events }) => {
        kept.full = events.length === EVENTS_PER_READ;
      },
      () => {
        if (this.#pages.get(key) === kept) this.#pages.delete(key);
      },
    );
    return kept.page;
  }

  #dropOldest(): void {
    const [oldest] = this.#pages.keys();
    if (oldest !== undefined && this.#pages.size > MAX_PAGES) this.#pages.delete(oldest);
  }
}

function keyOf({ tx, seq }: Position): string {
  return `${tx} ${seq}`;
}
