/** Bytes that may be spent, here and on all levels above. */
export class MemoryBudget {
  readonly #parent: MemoryBudget | undefined;
  #left: number;

  constructor(bytes: number, parent?: MemoryBudget) {
    this.#left = bytes;
    this.#parent = parent;
  }

  get left(): number {
    return this.#left;
  }

  /** Takes all of the bytes, or returns false and takes none. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    if (this.#parent !== undefined && !this.#parent.take(bytes)) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
    this.#parent?.give(bytes);
  }
}

/** Messages of one connection that are kept until they are complete. */
export const connectionMessageBytes = 16 * 1024 * 1024;

/** Growth of receive windows beyond their default, of one connection and of all: HAProxy bounds them so (`rxbuf`). */
export const connectionGrowthBytes = 4 * 1024 * 1024;
export const processGrowth = new MemoryBudget(256 * 1024 * 1024);
