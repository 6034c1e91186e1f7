import { setImmediate as nextTurn } from "node:timers/promises";
import { comparePositions, type EventRecord, type Position, START_POSITION } from "../../store/records.ts";
import type { UserStore } from "../../store/user-store.ts";
import { bookmarkItem, type FeedItem, transactionItem } from "./feed-item.ts";
import { EVENTS_PER_READ } from "./history-pages.ts";
import type { Selector } from "./selector.ts";
import { type Group, SubscriberIndex } from "./subscriber-index.ts";
import { TransactionAssembler, type TransactionPart } from "./transactions.ts";

/** Who follows the hub. */
export interface HubMember {
  readonly selector: Selector;
  /** Takes an item; the hub does not wait for it to be delivered. */
  push(item: FeedItem): void;
  /** The hub cannot go on, and has let go of the member. */
  fail(error: unknown): void;
}

/** What a hub needs. */
export interface HubOptions {
  readonly store: Pick<UserStore, "readEvents" | "onCommit">;
  /** Milliseconds between two looks at the store where no commit was hinted at. */
  readonly pollMs: number;
  readonly onDelivered?: ((ms: number) => void) | undefined;
}

/**
 * Reads each new event once, for all subscribers that are up to date.
 *
 * The frontier is the position of the last row whose items were pushed. At every moment between two synchronous steps,
 * each member has been pushed every event it selects that lies after the position it joined with and not after the
 * frontier, in order, once. A hub without members does nothing and has no timer.
 */
export class Hub {
  readonly #store: HubOptions["store"];
  readonly #pollMs: number;
  readonly #onDelivered: HubOptions["onDelivered"];
  readonly #index = new SubscriberIndex<HubMember>();
  /** Members that joined ahead of the frontier, with what they have seen already. */
  readonly #ahead = new Map<HubMember, Position>();
  readonly #transactions = new TransactionAssembler();
  /** Groups that got a part of the transaction at the frontier, and not its end. */
  readonly #open = new Set<Group<HubMember>>();
  #cursor = START_POSITION;
  #frontier = START_POSITION;
  #reading = false;
  #woken = false;
  #stopListening: (() => void) | undefined;

  constructor({ store, pollMs, onDelivered }: HubOptions) {
    this.#store = store;
    this.#pollMs = pollMs;
    this.#onDelivered = onDelivered;
  }

  /** How many members there are. */
  get size(): number {
    return this.#index.size;
  }

  /** As the class says. Means nothing where there are no members. */
  get frontier(): Position {
    return this.#frontier;
  }

  /**
   * Takes a member that has seen everything up to a position, which ends a transaction: it is pushed what comes after.
   * Answers its group, or undefined where the frontier is past that: the member has to read on by itself, then ask again.
   */
  join(member: HubMember, position: Position): Group<HubMember> | undefined {
    const alone = this.size === 0;
    if (alone && !this.#reading) {
      this.#transactions.clear();
      this.#open.clear();
      this.#cursor = position;
      this.#frontier = position;
    }
    const order = comparePositions(position, this.#frontier);
    if (order < 0) return undefined;
    // The frontier may lie inside of a transaction; the position never does, so what follows is skipped or got whole.
    if (order > 0) this.#ahead.set(member, position);
    const group = this.#index.add(member.selector, member);
    this.#listen();
    // Of what was committed since the member read for the last time nobody was there to be told.
    if (alone) this.#wake();
    return group;
  }

  /** Lets go of a member; does nothing where it is none. */
  leave(member: HubMember): void {
    this.#index.delete(member.selector, member);
    this.#ahead.delete(member);
    if (this.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** Gives a member that has been pushed nothing for a while proof that nothing is missing. */
  bookmark(member: HubMember, group: Group<HubMember>): void {
    // There is no way to continue inside of a transaction.
    if (this.#transactions.open) return;
    const ahead = this.#ahead.get(member);
    if (ahead !== undefined && comparePositions(this.#frontier, ahead) < 0) return;
    if (group.bookmark?.position !== this.#frontier) group.bookmark = bookmarkItem(group.selector, this.#frontier);
    member.push(group.bookmark);
  }

  #listen(): void {
    if (this.#stopListening) return;
    const stop = this.#store.onCommit(() => this.#wake());
    // A hint may be lost.
    const poll = setInterval(() => this.#wake(), this.#pollMs);
    this.#stopListening = () => {
      stop();
      clearInterval(poll);
    };
  }

  #wake(): void {
    this.#woken = true;
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#woken && this.size > 0) {
        this.#woken = false;
        const { events, next } = await this.#store.readEvents(this.#cursor, EVENTS_PER_READ);
        const ended = events.length < EVENTS_PER_READ;
        for (const part of this.#transactions.add(events, ended)) this.#deliver(part);
        this.#cursor = next;
        if (ended) this.#frontier = next;
        else {
          this.#woken = true;
          await nextTurn();
        }
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = false;
    }
  }

  #deliver(part: TransactionPart): void {
    const concerned = this.#index.split(part.events);
    if (!part.more) this.#endOpen(concerned);
    this.#frontier = part.position;
    for (const [group, events] of concerned) {
      const { position, more } = part;
      const item = transactionItem(group.selector, events, { position, more, continues: this.#open.has(group) });
      if (more) this.#open.add(group);
      for (const member of group.members) if (!this.#isAhead(member)) member.push(item);
    }
    if (!part.more) this.#open.clear();
    const [first] = part.events;
    // Another replica's clock may be ahead.
    if (first) this.#onDelivered?.(Math.max(0, Date.now() - first.time));
  }

  /** Who got a part of the transaction gets its end as well, even where that has nothing for them. */
  #endOpen(concerned: Map<Group<HubMember>, EventRecord[]>): void {
    for (const group of this.#open) if (!concerned.has(group)) concerned.set(group, []);
  }

  /** Whether a member had seen what lies at the frontier when it joined. */
  #isAhead(member: HubMember): boolean {
    if (this.#ahead.size === 0) return false;
    const position = this.#ahead.get(member);
    if (position === undefined) return false;
    if (comparePositions(this.#frontier, position) <= 0) return true;
    this.#ahead.delete(member);
    return false;
  }

  #fail(error: unknown): void {
    const members = [...this.#index.members()];
    for (const member of members) this.leave(member);
    for (const member of members) member.fail(error);
  }
}
