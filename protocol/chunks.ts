/** Chunks from here on are kept as they came: to copy them would cost more than to hold them. */
const largeBytes = 4096;

/** The first block that small chunks are joined in, and the largest. */
const minBlockBytes = 1024;
const maxBlockBytes = 64 * 1024;

/**
 * The chunks of a body, in their order. Small ones that come while others wait are joined in blocks that grow: a body of frames
 * of one byte each would otherwise hold an object of a hundred bytes for each of them.
 */
export class Chunks {
  /** To be read, and shifted once it is; only `push` adds to it. */
  readonly list: Uint8Array[] = [];
  /** What the last of the list is the beginning of, where that is a block. */
  #block: Uint8Array | undefined;
  #filled = 0;

  push(chunk: Uint8Array): void {
    if (this.list.length === 0 || chunk.length >= largeBytes) {
      this.list.push(chunk);
      this.#block = undefined;
      return;
    }
    const block = this.#block;
    if (block === undefined || block.length - this.#filled < chunk.length) this.#begin(chunk, block?.length ?? 0);
    else {
      block.set(chunk, this.#filled);
      this.#filled += chunk.length;
      this.list[this.list.length - 1] = block.subarray(0, this.#filled);
    }
  }

  #begin(chunk: Uint8Array, before: number): void {
    const size = Math.min(maxBlockBytes, Math.max(minBlockBytes, 2 * before, chunk.length));
    const block = new Uint8Array(size);
    block.set(chunk);
    this.#block = block;
    this.#filled = chunk.length;
    this.list.push(block.subarray(0, chunk.length));
  }
}
