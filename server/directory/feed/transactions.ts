import type { EventRecord, Position } from "../../store/records.ts";

/** The most events of one item: with the longest bios and payloads, still well below 4 MiB. */
export const MAX_EVENTS_PER_PART = 256;

/** Consecutive events of one transaction: all of them, but for the longest transactions. */
export interface TransactionPart {
  readonly events: readonly EventRecord[];
  /** Of the last event. */
  readonly position: Position;
  /** There is a part before this one. */
  readonly continues: boolean;
  /** There is a part after this one. */
  readonly more: boolean;
}

/** Groups the rows of the history, which are read in pages, into transactions. Holds at most one part. */
export class TransactionAssembler {
  #events: EventRecord[] = [];
  #continues = false;

  /** Whether a transaction has begun and not ended. */
  get open(): boolean {
    return this.#events.length > 0 || this.#continues;
  }

  /** Takes the next rows; `ended` says that the last one's transaction has no more. Returns what is whole by now. */
  add(events: readonly EventRecord[], ended: boolean): TransactionPart[] {
    const parts: TransactionPart[] = [];
    for (const event of events) {
      const last = this.#events.at(-1);
      if (last !== undefined && last.position.tx !== event.position.tx) parts.push(this.#take(last, false));
      else if (last !== undefined && this.#events.length === MAX_EVENTS_PER_PART) parts.push(this.#take(last, true));
      this.#events.push(event);
    }
    const last = this.#events.at(-1);
    if (ended && last !== undefined) parts.push(this.#take(last, false));
    return parts;
  }

  /** Forgets what has begun. */
  clear(): void {
    this.#events = [];
    this.#continues = false;
  }

  #take({ position }: EventRecord, more: boolean): TransactionPart {
    const part = { events: this.#events, position, continues: this.#continues, more };
    this.#events = [];
    this.#continues = more;
    return part;
  }
}
