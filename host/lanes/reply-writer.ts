import type { NodeAccount, UnsentReplies, UnsentReply } from "./unsent-replies.ts";

/** Bytes that are written at a time: how far a client has read is seen from one to the next. */
const sliceBytes = 64 * 1024;

/**
 * A reply up to here needs no account: the most that a connection has of them is less than what its streams themselves take, and
 * most calls have no other.
 */
export const lightReplyBytes = 4096;

/** Where a reply's bytes go: an HTTP/2 stream, or a response over HTTP/1.1. */
export interface ReplyTarget {
  /** Bytes that were written and are not sent. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(bytes: Uint8Array, sent: (error?: Error | null) => void): boolean;
  end(bytes?: Uint8Array): unknown;
}

/** Whose reply it is. */
export interface ReplyOwner extends Pick<UnsentReply, "peer" | "cut"> {
  /** There is room again after a write of more than a slice. */
  drained(): void;
}

/** Writes a reply as its client reads it, and keeps account of what is not sent. */
export class ReplyWriter implements UnsentReply {
  readonly account: NodeAccount;
  unsent = 0;
  progressAt = 0;
  readonly #target: ReplyTarget;
  readonly #replies: UnsentReplies;
  readonly #owner: ReplyOwner;
  /** What waits for its turn to be written. */
  #queue: Uint8Array[] = [];
  #queued = 0;
  #ending = false;
  #full = false;

  constructor(target: ReplyTarget, replies: UnsentReplies, account: NodeAccount, owner: ReplyOwner) {
    this.#target = target;
    this.#replies = replies;
    this.account = account;
    this.#owner = owner;
  }

  peer(): string {
    return this.#owner.peer();
  }

  cut(): void {
    this.#owner.cut();
  }

  /** Whether more than a slice waits: only `drained` of the owner says when it does not, whatever Node says of a slice. */
  get full(): boolean {
    return this.#full;
  }

  /** Returns false where the client reads too slowly. */
  write(bytes: Uint8Array): boolean {
    if (this.#queued === 0 && bytes.length <= sliceBytes) {
      const room = this.#target.write(bytes, this.#sent);
      if (!room) this.#note();
      return room;
    }
    this.#full = true;
    this.#enqueue(bytes);
    return false;
  }

  end(bytes?: Uint8Array): void {
    this.#ending = true;
    if (this.#queued === 0 && (bytes === undefined || bytes.length <= sliceBytes)) {
      this.#target.end(bytes);
      this.#note();
    } else if (bytes) this.#enqueue(bytes);
  }

  /** Nothing more is sent. */
  closed(): void {
    this.#queue = [];
    this.#queued = 0;
    this.#replies.note(this, 0);
  }

  #enqueue(bytes: Uint8Array): void {
    const writes = this.#queued > 0;
    for (let at = 0; at < bytes.length; at += sliceBytes) this.#queue.push(bytes.subarray(at, at + sliceBytes));
    this.#queued += bytes.length;
    if (!writes) this.#writeNext();
    this.#note();
  }

  #writeNext(): void {
    const slice = this.#queue.shift();
    if (slice === undefined) return;
    this.#queued -= slice.length;
    if (this.#ending && this.#queue.length === 0) this.#target.end(slice);
    else this.#target.write(slice, this.#sent);
  }

  readonly #sent = (error?: Error | null): void => {
    // A client that has left: that is told soon, and until then nothing more is asked for.
    if (error || this.#target.destroyed) return;
    if (this.unsent > 0) this.#note();
    if (this.#queue.length > 0) this.#writeNext();
    else if (this.#full) {
      this.#full = false;
      this.#owner.drained();
    }
  };

  #note(): void {
    if (!this.#target.destroyed) this.#replies.note(this, this.#target.writableLength + this.#queued);
  }
}
