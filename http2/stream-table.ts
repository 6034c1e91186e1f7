/** What is kept by its stream id. */
interface Identified {
  readonly id: number;
}

/** Twice the streams of a client that calls now and then: the table grows with those that are open at a time. */
const leastSlots = 8;

/**
 * Open streams by id: an open-addressed table (linear probing, removal by shifting back). A `Map` that is filled and
 * emptied all the time is rebuilt all the time, and each of its dead tables keeps the next one and the streams in it
 * alive until the old generation is collected: that cost half of all time.
 */
export class StreamTable<T extends Identified> {
  #slots: (T | undefined)[] = new Array(leastSlots).fill(undefined);
  #mask = leastSlots - 1;
  size = 0;

  get(id: number): T | undefined {
    const slots = this.#slots;
    // Ids of one side are all odd or all even.
    for (let at = (id >>> 1) & this.#mask; ; at = (at + 1) & this.#mask) {
      const item = slots[at];
      if (item === undefined || item.id === id) return item;
    }
  }

  /** Adds an item whose id is not in yet. */
  add(item: T): void {
    if (++this.size * 2 > this.#slots.length) this.#grow();
    this.#place(item);
  }

  #place(item: T): void {
    const slots = this.#slots;
    let at = (item.id >>> 1) & this.#mask;
    while (slots[at] !== undefined) at = (at + 1) & this.#mask;
    slots[at] = item;
  }

  #grow(): void {
    const items = [...this.values()];
    this.#slots = new Array(this.#slots.length * 2).fill(undefined);
    this.#mask = this.#slots.length - 1;
    for (const item of items) this.#place(item);
  }

  /** Gives back what an empty table has grown by. */
  shrink(): void {
    if (this.size > 0 || this.#slots.length === leastSlots) return;
    this.#slots = new Array(leastSlots).fill(undefined);
    this.#mask = leastSlots - 1;
  }

  delete(id: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = (id >>> 1) & mask;
    while (slots[hole]?.id !== id) {
      if (slots[hole] === undefined) return;
      hole = (hole + 1) & mask;
    }
    this.size--;
    // What was pushed on by the item moves back, so that probing finds no hole in between.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const item = slots[at];
      if (item === undefined) break;
      const home = (item.id >>> 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = item;
      hole = at;
    }
    slots[hole] = undefined;
  }

  /** All items as of now, in no order that means anything. */
  values(): T[] {
    return this.#slots.filter(item => item !== undefined);
  }
}
