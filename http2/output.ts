import { type SlabPool, slabBytes } from "./slabs.ts";

/** Where bytes go: a socket, or a test's collector. */
export interface Sink {
  /** Bytes that were written and not yet taken by the kernel. */
  readonly writableLength: number;
  write(bytes: Buffer): unknown;
  /** Between `cork` and `uncork` writes are gathered into one. */
  cork(): void;
  uncork(): void;
}

/** Bytes that are gathered before they are written, within a turn. */
const flushBytes = 32_768;

/** Bodies above this are written from where they lie. */
const copyBytes = 4_096;

/** Above this many unsent bytes nothing more of any body is framed (CVE-2019-9517). */
export const blockedBytes = 131_072;

/** Unsent control frames, and heads of replies, that may pile up on top; then nothing more is read. */
export const unsentControlBytes = 65_536;

/** What a connection is about to write: small frames in slabs, large bodies uncopied, all of a turn in one write. */
export class Output {
  readonly #sink: Sink;
  readonly #pool: SlabPool;
  /** The slab written into, its first byte that is in no part yet, and the place to write at. */
  slab: Buffer | undefined;
  #start = 0;
  position = 0;
  /** What goes out before the present slab's bytes. */
  readonly #parts: Buffer[] = [];
  #partBytes = 0;
  /** Full slabs that parts lie in. */
  #used: Buffer[] | undefined = undefined;

  constructor(sink: Sink, pool: SlabPool) {
    this.#sink = sink;
    this.#pool = pool;
  }

  /** Bytes that are gathered here and not yet given to the sink. */
  get gathered(): number {
    return this.#partBytes + this.position - this.#start;
  }

  /** Bytes that have not reached the kernel. */
  get unsent(): number {
    return this.gathered + this.#sink.writableLength;
  }

  /** Whether bodies have to wait. */
  get blocked(): boolean {
    return this.unsent > blockedBytes;
  }

  /** Whether even control frames pile up: reading has to wait. */
  get clogged(): boolean {
    return this.unsent > blockedBytes + unsentControlBytes;
  }

  /** Returns a slab with room for `bytes` (16 KiB at most) at `position`, which the caller then moves. */
  reserve(bytes: number): Buffer {
    if (this.slab !== undefined) {
      if (this.position + bytes <= slabBytes) return this.slab;
      this.#seal();
      if (this.#used === undefined) this.#used = [this.slab];
      else this.#used.push(this.slab);
      this.slab = undefined;
      if (this.#partBytes >= flushBytes) this.flush();
    }
    const slab = this.#pool.take();
    this.slab = slab;
    this.#start = 0;
    this.position = 0;
    return slab;
  }

  /** Appends bytes; large ones are not copied, and must not change until they are sent. */
  append(bytes: Uint8Array): void {
    if (bytes.length <= copyBytes) {
      const slab = this.reserve(bytes.length);
      slab.set(bytes, this.position);
      this.position += bytes.length;
      return;
    }
    this.#seal();
    this.#parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#partBytes += bytes.length;
    if (this.#partBytes >= flushBytes) this.flush();
  }

  /** Makes the slab's bytes so far a part. */
  #seal(): void {
    if (this.slab === undefined || this.position === this.#start) return;
    this.#parts.push(this.slab.subarray(this.#start, this.position));
    this.#partBytes += this.position - this.#start;
    this.#start = this.position;
  }

  /** Gives all to the sink. */
  flush(): void {
    this.#seal();
    const parts = this.#parts;
    const [first] = parts;
    if (first === undefined) return;
    const sink = this.#sink;
    if (parts.length === 1) {
      sink.write(first);
    } else {
      sink.cork();
      for (const part of parts) sink.write(part);
      sink.uncork();
    }
    parts.length = 0;
    this.#partBytes = 0;
    this.#release();
  }

  /** Slabs are used again only where the kernel has taken every byte; otherwise the socket still reads them. */
  #release(): void {
    if (this.#sink.writableLength === 0) {
      for (const slab of this.#used ?? []) this.#pool.give(slab);
      if (this.slab !== undefined) this.#pool.give(this.slab);
    }
    this.#used = undefined;
    this.slab = undefined;
    this.#start = 0;
    this.position = 0;
  }
}
