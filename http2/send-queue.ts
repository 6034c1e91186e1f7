import type { Output } from "./output.ts";

/** What a stream is to send and could not send yet. Chunks are kept as they are, and must not change. */
export class SendQueue {
  readonly #chunks: Uint8Array[] = [];
  /** The first chunk that is not wholly sent, and its bytes that are. */
  #first = 0;
  #offset = 0;
  /** Bytes that wait. */
  length = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** Moves the next `bytes` to the output. */
  move(bytes: number, output: Output): void {
    this.length -= bytes;
    while (bytes > 0) {
      const chunk = this.#chunks[this.#first];
      if (chunk === undefined) return;
      const part = Math.min(bytes, chunk.length - this.#offset);
      output.append(part === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + part));
      bytes -= part;
      this.#offset += part;
      if (this.#offset === chunk.length) this.#dropFirst();
    }
  }

  #dropFirst(): void {
    this.#offset = 0;
    this.#first++;
    // Sent chunks are let go in heaps: to shift a long array for each is quadratic.
    if (this.#first < 64 && this.#first < this.#chunks.length) return;
    this.#chunks.splice(0, this.#first);
    this.#first = 0;
  }
}
