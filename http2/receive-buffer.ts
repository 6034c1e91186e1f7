/** Small parts are joined in blocks of so many bytes. */
const blockBytes = 4_096;

/** Parts below this are joined. */
const smallBytes = 1_024;

/**
 * What came of a body that is not read yet. An object for each of many small frames would cost a hundred times their
 * bytes, and a small part of a large read keeps all of it alive: such parts are copied together. The first part is
 * kept as it is: mostly it is the only one, and soon read.
 */
export class ReceiveBuffer {
  readonly #chunks: Buffer[] = [];
  /** The last chunk's block, where it is one of ours, and its used bytes. */
  #block: Buffer | undefined = undefined;
  #used = 0;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  push(chunk: Buffer): void {
    if (this.#chunks.length > 0 && (chunk.length < smallBytes || chunk.length * 4 < chunk.buffer.byteLength)) {
      this.#join(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#block = undefined;
  }

  #join(chunk: Buffer): void {
    let block = this.#block;
    if (block !== undefined && this.#used + chunk.length <= block.length) {
      block.set(chunk, this.#used);
      this.#used += chunk.length;
      this.#chunks[this.#chunks.length - 1] = block.subarray(0, this.#used);
      return;
    }
    block = Buffer.allocUnsafeSlow(Math.max(blockBytes, chunk.length));
    block.set(chunk);
    this.#block = block;
    this.#used = chunk.length;
    this.#chunks.push(block.subarray(0, this.#used));
  }

  /** Takes the first chunk out. A block that was given out is not written to any more. */
  shift(): Buffer | undefined {
    if (this.#chunks.length === 1) this.#block = undefined;
    return this.#chunks.shift();
  }

  /** Drops all, and returns how many bytes that were. */
  clear(): number {
    let bytes = 0;
    for (const chunk of this.#chunks) bytes += chunk.length;
    this.#chunks.length = 0;
    this.#block = undefined;
    return bytes;
  }
}
