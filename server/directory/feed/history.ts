import { comparePositions, type EventRecord, type Position } from "../../store/records.ts";
import type { Snapshot, UserStore } from "../../store/user-store.ts";
import { bookmarkItem, type FeedItem, snapshotItem, syncedItem, transactionItem } from "./feed-item.ts";
import { EVENTS_PER_READ, type HistoryPages } from "./history-pages.ts";
import { type Selector, selects } from "./selector.ts";
import { TransactionAssembler, type TransactionPart } from "./transactions.ts";

/** The most users of a snapshot's item: with the longest bios, still well below 4 MiB. */
const USERS_PER_ITEM = 256;

/** Where a subscription starts. */
export type Start =
  /** At the oldest event that is kept. */
  | { readonly kind: "earliest" }
  /** At the next event. */
  | { readonly kind: "now" }
  /** After a position; with `show`, that user or all are shown as they are now, between the events before and after. */
  | { readonly kind: "after"; readonly position: Position; readonly show?: number | "all" }
  /** With the users as they are, then with the events after that very state. */
  | { readonly kind: "snapshot" };

/** What {@link readHistory} needs. */
export interface HistoryOptions {
  readonly store: Pick<UserStore, "eventBounds" | "snapshot">;
  readonly pages: HistoryPages;
  readonly selector: Selector;
  readonly start: Start;
  /** Has the subscriber follow the hub from a position on; returns false where the hub is past that. */
  readonly join: (position: Position) => boolean;
}

/**
 * Reads what a subscriber is to get before it follows the hub, as it asks for it, then has it follow. Throws
 * `PositionTrimmedError`.
 *
 * The handing over: the subscriber has got everything up to `position`, which ends a transaction. A read from there
 * finds nothing, and in the same step of the event loop the hub is asked to take the subscriber on from `position`.
 * The hub refuses where its frontier is past that, for then it may have pushed events that this subscriber has not got:
 * the next read finds them. Else whatever comes after `position` is still to be pushed, so nothing is missing; and what
 * the hub has yet to push up to `position`, it passes over for this subscriber, so nothing comes twice.
 */
export async function* readHistory(options: HistoryOptions): AsyncGenerator<readonly FeedItem[], void> {
  const { pages, selector, join } = options;
  await pages.turns.next();
  let position = yield* begin(options);
  const reader = new ItemReader(pages, selector);
  for (;;) {
    const pushed = pages.frontier;
    const { events, next } = await pages.read(position);
    const ended = events.length < EVENTS_PER_READ;
    const items = reader.read(events, ended);
    position = next;
    if (items.length > 0) yield items;
    // Whatever was pushed before the read, the read would have found.
    if (events.length === 0) position = later(position, pushed);
    if (items.length === 0 && ended && join(position)) return;
    // Who is at the end asks again at once: after a wait there would be something new each time.
    if (!ended) await pages.turns.next();
  }
}

/** Reads up to where the events start, and answers that position. */
async function* begin(options: HistoryOptions): AsyncGenerator<readonly FeedItem[], Position> {
  const { store, pages, selector, start } = options;
  if (start.kind === "snapshot") {
    yield [bookmarkItem(selector, undefined)];
    const about = selector.kind === "user" ? selector.id : undefined;
    const role = selector.kind === "role" ? selector.role : undefined;
    const snapshot = await store.snapshot({ id: about, role, pageSize: USERS_PER_ITEM });
    return yield* readSnapshot(selector, snapshot, about);
  }
  if (start.kind === "after" && start.show !== undefined) {
    const about = start.show === "all" ? undefined : start.show;
    const snapshot = await store.snapshot({ id: about, pageSize: USERS_PER_ITEM });
    yield* readUpTo(options, start.position, snapshot.position);
    return yield* readSnapshot(selector, snapshot, about);
  }
  let position: Position;
  if (start.kind === "after") {
    position = start.position;
    // Who cannot be served is told so at once, before a bookmark says otherwise.
    await pages.read(position);
  } else {
    const { oldest, newest } = await store.eventBounds();
    position = start.kind === "earliest" ? oldest : newest;
  }
  yield [bookmarkItem(selector, position)];
  return position;
}

async function* readSnapshot(
  selector: Selector,
  snapshot: Snapshot,
  about: number | undefined,
): AsyncGenerator<readonly FeedItem[], Position> {
  for await (const users of snapshot.pages()) yield [snapshotItem(users, about)];
  yield [syncedItem(selector, snapshot.position, about)];
  return snapshot.position;
}

/**
 * Reads the events up to a position that was committed already, and every one of them: what others read before that
 * was committed is not enough.
 */
async function* readUpTo(
  { pages, selector }: HistoryOptions,
  after: Position,
  end: Position,
): AsyncGenerator<readonly FeedItem[], void> {
  const reader = new ItemReader(pages, selector);
  for (let position = after; ; await pages.turns.next()) {
    const { events, next } = await pages.readTowards(position, end);
    const wanted = events.filter(event => comparePositions(event.position, end) <= 0);
    const ended = wanted.length < EVENTS_PER_READ;
    const items = reader.read(wanted, ended);
    if (items.length > 0) yield items;
    if (ended) return;
    position = next;
  }
}

/** Makes items of rows. */
class ItemReader {
  readonly #pages: HistoryPages;
  readonly #selector: Selector;
  readonly #transactions = new TransactionAssembler();
  #open = false;

  constructor(pages: HistoryPages, selector: Selector) {
    this.#pages = pages;
    this.#selector = selector;
  }

  read(events: readonly EventRecord[], ended: boolean): FeedItem[] {
    return this.#transactions.add(events, ended).flatMap(part => this.#toItem(part) ?? []);
  }

  #toItem(part: TransactionPart): FeedItem | undefined {
    if (!part.continues && !part.more) return this.#pages.itemOf(this.#selector, part);
    const events = part.events.filter(event => selects(this.#selector, event));
    const continues = this.#open;
    // Who got a part of the transaction gets its end as well, even where that has nothing for them.
    if (events.length === 0 && (part.more || !continues)) return undefined;
    this.#open = part.more;
    return transactionItem(this.#selector, events, { ...part, continues });
  }
}

function later(a: Position, b: Position): Position {
  return comparePositions(a, b) < 0 ? b : a;
}
