import type { EventRecord, Position, UserRecord } from "../../store/records.ts";
import type { Selector } from "./selector.ts";

/** Users as they are, by ascending id; there may be several in a row, before {@link SyncedItem}. */
export interface SnapshotItem {
  readonly kind: "snapshot";
  /** As in {@link SyncedItem}. */
  readonly about: number | undefined;
  readonly users: readonly UserRecord[];
  readonly bytes: number;
}

/** The snapshot is complete: the items before it are the users exactly as they were at the position. */
export interface SyncedItem {
  readonly kind: "synced";
  readonly selector: Selector;
  /** The one user that the snapshot was about; undefined where it was about all that are selected. */
  readonly about: number | undefined;
  readonly position: Position;
  readonly bytes: number;
}

/** Events of one transaction, or a part of them where there are many. */
export interface TransactionItem {
  readonly kind: "transaction";
  readonly selector: Selector;
  /** Of its last event, selected or not. */
  readonly position: Position;
  readonly events: readonly EventRecord[];
  /** The item before was a part of this transaction, too. */
  readonly continues: boolean;
  /** The next item is a part of this transaction, too. */
  readonly more: boolean;
  readonly bytes: number;
}

/** Nothing up to the position is missing. */
export interface BookmarkItem {
  readonly kind: "bookmark";
  readonly selector: Selector;
  /** Undefined before a snapshot, which cannot be continued. */
  readonly position: Position | undefined;
  readonly bytes: number;
}

/** What a subscription delivers. An item is shared by all who get it, so it makes sense to remember its encoded form. */
export type FeedItem = SnapshotItem | SyncedItem | TransactionItem | BookmarkItem;

/** About what an item without users and events takes. */
const BASE_BYTES = 100;

/** Makes an item of users. */
export function snapshotItem(users: readonly UserRecord[], about?: number): SnapshotItem {
  return { kind: "snapshot", about, users, bytes: users.reduce((sum, user) => sum + userBytes(user), BASE_BYTES) };
}

/** Makes the item that ends a snapshot. */
export function syncedItem(selector: Selector, position: Position, about?: number): SyncedItem {
  return { kind: "synced", selector, about, position, bytes: BASE_BYTES };
}

/** Makes an item of events. */
export function transactionItem(
  selector: Selector,
  events: readonly EventRecord[],
  { position, continues, more }: Pick<TransactionItem, "position" | "continues" | "more">,
): TransactionItem {
  const bytes = events.reduce((sum, event) => sum + eventBytes(event), BASE_BYTES);
  return { kind: "transaction", selector, position, events, continues, more, bytes };
}

/** Makes a bookmark. */
export function bookmarkItem(selector: Selector, position: Position | undefined): BookmarkItem {
  return { kind: "bookmark", selector, position, bytes: BASE_BYTES };
}

/** The position that a reader of an item may go on from later; undefined where it may not. */
export function resumePosition(item: FeedItem): Position | undefined {
  return item.kind === "snapshot" || (item.kind === "transaction" && item.more) ? undefined : item.position;
}

/** About what an event takes on the wire. */
function eventBytes({ user, payload }: EventRecord): number {
  return 50 + (user === undefined ? 0 : userBytes(user)) + (payload?.length ?? 0);
}

function userBytes({ name, email, bio }: UserRecord): number {
  return 70 + Buffer.byteLength(name) + Buffer.byteLength(email) + (bio === undefined ? 0 : Buffer.byteLength(bio));
}
