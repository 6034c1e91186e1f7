import { staticEntries } from "./static-table.ts";

/** What an entry counts beside its name and value (RFC 7541 section 4.1). */
export const entryOverhead = 32;

/** Where the ring of entries starts, with the first of them. */
const firstCapacity = 8;

const none: string[] = [];

/**
 * The dynamic table of RFC 7541 section 2.3.2: a ring, as the newest entry has the lowest index and the oldest goes first.
 */
export class DynamicTable {
  /** Changes with every change of what an index names: what was decoded by one version holds for that version only. */
  version = 0;
  #names = none;
  #values = none;
  /** Where the newest entry is. */
  #newest = 0;
  #count = 0;
  #size = 0;
  #maxSize: number;

  /** A table that holds entries of `maxSize` bytes. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** How many entries there are. */
  get count(): number {
    return this.#count;
  }

  /** The name at an index above the static table's; undefined beyond the last. */
  nameAt(index: number): string | undefined {
    return index - staticEntries > this.#count ? undefined : this.#names[this.#slot(index)];
  }

  /** The value beside {@link nameAt}. */
  valueAt(index: number): string | undefined {
    return index - staticEntries > this.#count ? undefined : this.#values[this.#slot(index)];
  }

  /** Adds an entry, and removes as many old ones as it needs; one larger than the table empties it (section 4.4). */
  insert(name: string, value: string): void {
    const size = name.length + value.length + entryOverhead;
    this.version++;
    this.#shrinkTo(this.#maxSize - size);
    if (size > this.#maxSize) return;
    if (this.#count === this.#names.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#names.length - 1);
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#count++;
    this.#size += size;
  }

  /** Sets the bytes the table may hold, and removes what is above (section 4.3). */
  resize(maxSize: number): void {
    this.version++;
    this.#maxSize = maxSize;
    this.#shrinkTo(maxSize);
  }

  /** The slot of the entry at an index; the ring's length is a power of two. */
  #slot(index: number): number {
    return (this.#newest - (index - staticEntries - 1)) & (this.#names.length - 1);
  }

  #shrinkTo(size: number): void {
    while (this.#size > size && this.#count > 0) {
      const oldest = this.#slot(staticEntries + this.#count);
      this.#size -= (this.#names[oldest] as string).length + (this.#values[oldest] as string).length + entryOverhead;
      // Without this a string would live on until its slot is needed again.
      this.#names[oldest] = "";
      this.#values[oldest] = "";
      this.#count--;
    }
  }

  /** Doubles the ring, its entries in order from slot 0. */
  #grow(): void {
    const capacity = this.#names.length;
    if (capacity === 0) {
      this.#names = new Array(firstCapacity).fill("");
      this.#values = new Array(firstCapacity).fill("");
      return;
    }
    const oldest = this.#slot(staticEntries + this.#count);
    const inOrder = (ring: string[]) => [
      ...ring.slice(oldest),
      ...ring.slice(0, oldest),
      ...new Array<string>(capacity).fill(""),
    ];
    this.#names = inOrder(this.#names);
    this.#values = inOrder(this.#values);
    this.#newest = this.#count - 1;
  }
}
