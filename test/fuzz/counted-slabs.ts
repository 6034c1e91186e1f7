import { SlabPool } from "../../http2/slabs.ts";

/** A pool that knows which of its slabs are in use. Throws where one is given back that is not. */
export class CountedSlabs extends SlabPool {
  readonly #taken = new Set<Buffer>();

  constructor() {
    super(0xaa);
  }

  /** How many are in use. */
  get taken(): number {
    return this.#taken.size;
  }

  override take(): Buffer {
    const slab = super.take();
    if (this.#taken.has(slab)) throw new Error("a slab was taken twice");
    this.#taken.add(slab);
    return slab;
  }

  override give(slab: Buffer): void {
    if (!this.#taken.delete(slab)) throw new Error("a slab was given back that was not taken");
    super.give(slab);
  }
}
