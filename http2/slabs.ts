/** Bytes of a slab: small frames of one turn are gathered in it. Room for a whole frame would waste half of it. */
export const slabBytes = 16_384;

/** Slabs kept for the next connection: 8 MiB. */
const maxSpare = 512;

/** Buffers that outgoing frames are written into, used again once their bytes are with the kernel. */
export class SlabPool {
  readonly #spare: Buffer[] = [];
  readonly #fill: number | undefined;

  /** `fill` is for tests: a slab is filled with it, so that bytes nobody wrote are seen. */
  constructor(fill?: number) {
    this.#fill = fill;
  }

  /** How many wait to be used again. */
  get spare(): number {
    return this.#spare.length;
  }

  take(): Buffer {
    return this.#spare.pop() ?? this.#fresh();
  }

  /** Takes a slab back that nothing reads any more. */
  give(slab: Buffer): void {
    if (this.#fill !== undefined) slab.fill(this.#fill);
    if (this.#spare.length < maxSpare) this.#spare.push(slab);
  }

  #fresh(): Buffer {
    // Not out of Node's shared pool: a slab outlives the call that asks for it.
    const slab = Buffer.allocUnsafeSlow(slabBytes);
    if (this.#fill !== undefined) slab.fill(this.#fill);
    return slab;
  }
}

/** The process's slabs. */
export const slabs = new SlabPool();
