import type { Message } from "@bufbuild/protobuf";
import { ByteTarget } from "./byte-target.ts";
import type { Codec } from "./codec.ts";
import { prefixBytes, writePrefix } from "./envelope.ts";
import { appendEnveloped, sharedEnvelope } from "./enveloped.ts";

/** What messages are written into that come by the dozen; larger ones make it grow. */
const leastBytes = 1024;

/** Messages that wait to be written together: a write costs more than a message. */
export class MessageBatch {
  /** A message that other streams send, too, while it waits alone: it is not copied for each of them. */
  #shared: Uint8Array | undefined;
  /** What is encoded where it waits, and what waits as it came: never both. */
  #written: ByteTarget | undefined;
  #flags: number[] = [];
  #messages: Uint8Array[] = [];
  #size = 0;

  /** Bytes, prefixes included. */
  get size(): number {
    return this.#shared?.length ?? this.#written?.length ?? this.#size;
  }

  /** Adds a message that is encoded. */
  add(flags: number, data: Uint8Array): void {
    this.#unshare();
    const written = this.#written;
    if (written === undefined) {
      this.#flags.push(flags);
      this.#messages.push(data);
      this.#size += prefixBytes + data.length;
      return;
    }
    written.skip(prefixBytes);
    writePrefix(written.bytes, written.at - prefixBytes, flags, data.length);
    written.append(data);
  }

  /** Encodes a message where it waits. Returns false, and has added nothing, where it is to be added encoded. */
  encode(codec: Codec, message: Message): boolean {
    if (codec.append === undefined || this.#messages.length > 0) return false;
    const shared = sharedEnvelope(codec, message);
    if (shared !== undefined && this.size === 0) {
      this.#shared = shared;
      return true;
    }
    this.#unshare();
    this.#written ??= new ByteTarget(leastBytes);
    if (shared === undefined) return appendEnveloped(codec, message, this.#written);
    this.#written.append(shared);
    return true;
  }

  /** Another one comes. */
  #unshare(): void {
    if (this.#shared === undefined) return;
    this.#written = new ByteTarget(leastBytes);
    this.#written.append(this.#shared);
    this.#shared = undefined;
  }

  /** What has gathered, and starts anew; undefined for nothing. */
  take(): Uint8Array | undefined {
    if (this.size === 0) return undefined;
    const bytes = this.#shared ?? this.#written?.take() ?? this.#join();
    // A stream that has nothing to send holds nothing.
    this.#shared = undefined;
    this.#written = undefined;
    if (this.#size > 0) {
      this.#flags = [];
      this.#messages = [];
      this.#size = 0;
    }
    return bytes;
  }

  #join(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.#size);
    const messages = this.#messages;
    let at = 0;
    for (let i = 0; i < messages.length; i++) {
      const data = messages[i] as Uint8Array;
      writePrefix(bytes, at, this.#flags[i] as number, data.length);
      bytes.set(data, at + prefixBytes);
      at += prefixBytes + data.length;
    }
    return bytes;
  }
}
