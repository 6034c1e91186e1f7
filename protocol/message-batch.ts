import { prefixBytes, writePrefix } from "./envelope.ts";

/** Messages that wait to be written together: a write costs more than a message. */
export class MessageBatch {
  #flags: number[] = [];
  #messages: Uint8Array[] = [];
  #size = 0;

  /** Bytes, prefixes included. */
  get size(): number {
    return this.#size;
  }

  add(flags: number, data: Uint8Array): void {
    this.#flags.push(flags);
    this.#messages.push(data);
    this.#size += prefixBytes + data.length;
  }

  /** What has gathered, and starts anew; undefined for nothing. */
  take(): Uint8Array | undefined {
    if (this.#size === 0) return undefined;
    const bytes = Buffer.allocUnsafe(this.#size);
    const messages = this.#messages;
    let at = 0;
    for (let i = 0; i < messages.length; i++) {
      const data = messages[i] as Uint8Array;
      writePrefix(bytes, at, this.#flags[i] as number, data.length);
      bytes.set(data, at + prefixBytes);
      at += prefixBytes + data.length;
    }
    this.#flags = [];
    this.#messages = [];
    this.#size = 0;
    return bytes;
  }
}
