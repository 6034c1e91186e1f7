import { setImmediate as nextTurn } from "node:timers/promises";
import { comparePositions, type Position } from "../../store/records.ts";
import type { UserStore } from "../../store/user-store.ts";
import { bookmarkItem, type FeedItem, snapshotItem, syncedItem, transactionItem } from "./feed-item.ts";
import { EVENTS_PER_READ } from "./hub.ts";
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
  /** After a position. */
  | { readonly kind: "after"; readonly position: Position }
  /** With the users as they are, then with the events after that very state. */
  | { readonly kind: "snapshot" };

/** What {@link readHistory} needs. */
export interface HistoryOptions {
  readonly store: UserStore;
  readonly selector: Selector;
  readonly start: Start;
  /** The hub's frontier, as far as there is one. */
  readonly frontier: () => Position;
  /** Has the subscriber follow the hub from a position on; answers false where the hub is past that. */
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
  const { store, selector, frontier, join } = options;
  let position = yield* begin(options);
  const transactions = new TransactionAssembler();
  let openPart = false;

  function toItem(part: TransactionPart): FeedItem | undefined {
    const events = part.events.filter(event => selects(selector, event));
    const continues = openPart;
    if (events.length === 0 && (part.more || !continues)) return undefined;
    openPart = part.more;
    return transactionItem(selector, events, { ...part, continues });
  }

  for (;;) {
    const pushed = frontier();
    const { events, next } = await store.readEvents(position, EVENTS_PER_READ);
    const ended = events.length < EVENTS_PER_READ;
    const items = transactions.add(events, ended).flatMap(part => toItem(part) ?? []);
    position = next;
    if (items.length > 0) yield items;
    // Whatever was pushed before the read, the read would have found.
    if (events.length === 0) position = later(position, pushed);
    if (items.length === 0 && ended && join(position)) return;
    // A page a turn, so that a long history does not keep others waiting.
    if (!ended) await nextTurn();
  }
}

/** Reads up to where the events start, and answers that position. */
async function* begin({ store, selector, start }: HistoryOptions): AsyncGenerator<readonly FeedItem[], Position> {
  if (start.kind === "snapshot") {
    yield [bookmarkItem(selector, undefined)];
    const snapshot = await store.snapshot({
      id: selector.kind === "user" ? selector.id : undefined,
      role: selector.kind === "role" ? selector.role : undefined,
      pageSize: USERS_PER_ITEM,
    });
    for await (const users of snapshot.pages()) yield [snapshotItem(users)];
    yield [syncedItem(selector, snapshot.position)];
    return snapshot.position;
  }
  let position: Position;
  if (start.kind === "after") {
    position = start.position;
    // Who cannot be served is told so at once, before a bookmark says otherwise.
    await store.readEvents(position, 1);
  } else {
    const { oldest, newest } = await store.eventBounds();
    position = start.kind === "earliest" ? oldest : newest;
  }
  yield [bookmarkItem(selector, position)];
  return position;
}

function later(a: Position, b: Position): Position {
  return comparePositions(a, b) < 0 ? b : a;
}
