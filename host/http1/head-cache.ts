import type { RequestHead } from "../../http2/request-head.ts";

/** How many heads a connection keeps: its calls are of a few kinds. */
const maxHeads = 4;

/** The longest head kept. */
const maxBytes = 1024;

/** After so many heads in a row that were not found there is no more looking: something differs with each call. */
const maxMisses = 32;

interface Entry {
  readonly bytes: Buffer;
  readonly head: RequestHead;
}

/** The heads of a connection that were accepted last, by all their bytes: calls of one client repeat them. */
export class HeadCache {
  readonly #entries: Entry[] = [];
  #oldest = 0;
  #misses = 0;
  /** Bytes of the head found last. */
  foundLength = 0;

  /** The head that the bytes begin with. As each ends in an empty line, none begins another. */
  find(bytes: Buffer): RequestHead | undefined {
    if (this.#misses === maxMisses) return undefined;
    for (const { bytes: kept, head } of this.#entries) {
      const { length } = kept;
      // The last bytes first: most heads differ in their lengths, which come late.
      if (length > bytes.length || bytes[length - 5] !== kept[length - 5]) continue;
      if (bytes.compare(kept, 0, length, 0, length) !== 0) continue;
      this.#misses = 0;
      this.foundLength = length;
      return head;
    }
    this.#misses++;
    return undefined;
  }

  /** Keeps an accepted head in the place of the oldest. */
  keep(bytes: Buffer, head: RequestHead): void {
    if (bytes.length > maxBytes || this.#misses === maxMisses) return;
    // A copy: the bytes are a part of what was read, which would live as long.
    this.#entries[this.#oldest] = { bytes: Buffer.from(bytes), head };
    this.#oldest = (this.#oldest + 1) % maxHeads;
  }
}
