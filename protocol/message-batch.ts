import type { Message } from "@bufbuild/protobuf";
import { ByteTarget } from "./byte-target.ts";
import type { Codec } from "./codec.ts";
import { prefixBytes, writePrefix } from "./envelope.ts";
import { appendEnveloped, sharedEnvelope } from "./enveloped.ts";

/** What messages are written into that come by the dozen; larger ones make it grow. */
const leastBytes = 1024;

/** Messages that wait to be written together: a write costs more than a message. */
export class MessageBatch {
  /** Messages that other streams send, too, while none of its own waits beside them: they are not copied for each. */
  #shared: Uint8Array[] = [];
  /** What is encoded where it waits, and what waits as it came: never both. */
  #written: ByteTarget | undefined;
  #flags: number[] = [];
  #messages: Uint8Array[] = [];
  #size = 0;

  /** Bytes, prefixes included. */
  get size(): number {
    return this.#written?.length ?? this.#size;
  }

  /** Adds a message that is encoded. */
  add(flags: number, data: Uint8Array): void {
    if (this.#shared.length > 0) this.#unshare();
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
    if (shared !== undefined && this.#written === undefined) {
      this.#shared.push(shared);
      this.#size += shared.length;
      return true;
    }
    if (this.#shared.length > 0) this.#unshare();
    this.#written ??= new ByteTarget(leastBytes);
    if (shared === undefined) return appendEnveloped(codec, message, this.#written);
    this.#written.append(shared);
    return true;
  }

  /** Another one comes. */
  #unshare(): void {
    this.#written = new ByteTarget(leastBytes);
    for (const bytes of this.#shared) this.#written.append(bytes);
    this.#shared = [];
    this.#size = 0;
  }

  /** What has gathered, and starts anew; undefined for nothing. */
  take(): Uint8Array | undefined {
    if (this.size === 0) return undefined;
    const bytes = this.#written?.take() ?? (this.#shared.length > 0 ? joinShared(this.#shared) : this.#join());
    // A stream that has nothing to send holds nothing.
    this.#written = undefined;
    this.#size = 0;
    if (this.#shared.length > 0) this.#shared = [];
    if (this.#messages.length > 0) {
      this.#flags = [];
      this.#messages = [];
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

/** The batch of shared messages that was joined last, and what it came to. */
let lastShared: readonly Uint8Array[] = [];
let lastJoined: Uint8Array = new Uint8Array();

/** Joins messages once for all streams that send the same ones, one after the other: an event's subscribers do. */
function joinShared(messages: readonly Uint8Array[]): Uint8Array {
  if (messages.length === 1) return messages[0] as Uint8Array;
  if (messages.length !== lastShared.length || messages.some((message, index) => message !== lastShared[index])) {
    lastShared = messages;
    lastJoined = Buffer.concat(messages);
  }
  return lastJoined;
}
