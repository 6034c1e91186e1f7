/** How many blocks a connection keeps: a client's calls differ in their path and little else. */
const maxBlocks = 8;

/** The longest block kept: what is longer holds tokens and cookies, and its copy would cost each connection. */
const maxLength = 512;

/** After so many blocks in a row that were not found there is no more looking: something differs with each call. */
const maxMisses = 32;

interface Entry<Block> {
  readonly bytes: Uint8Array;
  readonly version: number;
  readonly block: Block;
}

/**
 * The latest blocks of a connection as they came, with what they were decoded to: calls of one client repeat their bytes.
 *
 * A block is kept only if it leaves the table as it is, and found only while the table is what it was. Caches are never
 * shared between connections, whose tables differ, as whose secrets must not be guessed by time.
 */
export class BlockCache<Block> {
  #entries: Entry<Block>[] | undefined = undefined;
  #oldest = 0;
  #last = 0;
  #misses = 0;

  /** Whether a block is worth looking up, and worth keeping. */
  takes(length: number): boolean {
    return length <= maxLength && this.#misses < maxMisses;
  }

  /** The decoded block of the same bytes under this version of the table. */
  find(bytes: Uint8Array, version: number): Block | undefined {
    const entries = this.#entries ?? [];
    for (let n = 0, i = this.#last; n < entries.length; n++) {
      const entry = entries[i] as Entry<Block>;
      if (entry.version === version && isSame(entry.bytes, bytes)) {
        this.#last = i;
        this.#misses = 0;
        return entry.block;
      }
      if (++i === entries.length) i = 0;
    }
    this.#misses++;
    return undefined;
  }

  /** Lets go of all blocks, and looks again for those that come. */
  clear(): void {
    this.#entries = undefined;
    this.#oldest = 0;
    this.#last = 0;
    this.#misses = 0;
  }

  /** Keeps a decoded block in the place of the oldest. */
  keep(bytes: Uint8Array, version: number, block: Block): void {
    this.#last = this.#oldest;
    // A copy: the bytes are a slice of what was read, which would live as long.
    this.#entries ??= [];
    this.#entries[this.#oldest] = { bytes: new Uint8Array(bytes), version, block };
    this.#oldest = (this.#oldest + 1) % maxBlocks;
  }
}

/** From the end, as blocks of one client begin alike. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let i = one.length;
  if (i !== other.length) return false;
  while (--i >= 0) if (one[i] !== other[i]) return false;
  return true;
}
