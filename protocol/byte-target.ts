/** Bytes that many short texts and messages share; longer ones have a block of their own. */
const blockBytes = 16 * 1024;

const noBytes = Buffer.alloc(0);

/**
 * Where messages are written, one behind the other, until they are taken. It grows as they do: what is written before its
 * length is known is written once. Positions count from the first byte that is not taken.
 */
export class ByteTarget {
  /** Public for those who write single bytes, behind `reserve`. */
  bytes: Buffer = noBytes;
  /** Where the next byte goes in `bytes`. */
  at = 0;
  #start = 0;
  readonly #leastBytes: number;

  /** `leastBytes` is what a block has at least; what is left of one serves until it is too little. */
  constructor(leastBytes = blockBytes) {
    this.#leastBytes = leastBytes;
  }

  /** Bytes that are written and not taken. */
  get length(): number {
    return this.at - this.#start;
  }

  /** Drops what was written from a position on. */
  set length(position: number) {
    this.at = this.#start + position;
  }

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const { length } = this;
    const block = Buffer.allocUnsafeSlow(Math.max(this.#leastBytes, 2 * (length + count)));
    this.bytes.copy(block, 0, this.#start, this.at);
    this.bytes = block;
    this.#start = 0;
    this.at = length;
  }

  /** Leaves bytes for whoever takes the rest to fill. */
  skip(count: number): void {
    this.reserve(count);
    this.at += count;
  }

  append(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.at);
    this.at += data.length;
  }

  /** Appends text in UTF-8, which takes so many bytes; half a surrogate pair becomes U+FFFD. */
  appendText(text: string, byteLength: number): void {
    this.reserve(byteLength);
    this.at += this.bytes.write(text, this.at, byteLength, "utf8");
  }

  /** What was written since the last time. Nothing is written to these bytes any more. */
  take(): Uint8Array<ArrayBuffer> {
    const { bytes, length } = this;
    const offset = bytes.byteOffset + this.#start;
    const taken = new Uint8Array(bytes.buffer as ArrayBuffer, offset, length);
    this.#start = this.at;
    if (bytes.length <= this.#leastBytes) return taken;
    // A block that has grown may be half empty, and whoever keeps what was taken keeps it whole.
    this.bytes = noBytes;
    this.at = 0;
    this.#start = 0;
    return taken.slice();
  }
}
