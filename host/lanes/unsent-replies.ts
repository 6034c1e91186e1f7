import { ConnectionAccount } from "./connection-account.ts";

/** Bounds on what of replies is not sent yet. */
export interface UnsentLimits {
  /** Bytes of replies that a connection has not been sent, above which its next requests wait to be decoded. */
  readonly maxUnsentBytesPerConnection: number;
  /** The same of all connections together, above which the reply without progress for longest is cut. */
  readonly maxUnsentBytes: number;
  /** How long a reply may make no progress as its client does not read, in milliseconds. */
  readonly replyStallMs: number;
}

/** Two of the largest messages by default. */
const maxUnsentBytesPerConnection = 8 * 1024 * 1024;

/** Eight connections of slow readers, or hundreds that read at all. */
const maxUnsentBytes = 64 * 1024 * 1024;

/** Longer than a train's tunnel; who reads 64 KiB a minute goes on. */
const replyStallMs = 60_000;

/** The bounds where none are given. */
export const defaultUnsentLimits: UnsentLimits = Object.freeze({
  maxUnsentBytesPerConnection,
  maxUnsentBytes,
  replyStallMs,
});

/** A reply that may wait for its client to read. */
export interface UnsentReply {
  readonly account: NodeAccount;
  /** Bytes that are not sent, as they were last told. */
  unsent: number;
  /** When some of it was sent, or it began, on `performance.now`. */
  progressAt: number;
  /** Address and port of its client. */
  peer(): string;
  /** Ends it, and lets go of what is not sent. */
  cut(): void;
}

/** The account of a connection of Node's. */
export class NodeAccount extends ConnectionAccount {
  bytes = 0;
}

/**
 * What of all replies is not sent yet, as their clients do not read: the one without progress for longest first. Replies that make
 * no progress for `replyStallMs` are cut, and so is the first one while there are more than `maxUnsentBytes` of all.
 */
export class UnsentReplies {
  readonly #limits: UnsentLimits;
  readonly #replies = new Set<UnsentReply>();
  readonly #accounts = new WeakMap<object, NodeAccount>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  readonly #onCut: (reason: string, peer: string) => void;

  /** `onCut` hears which bound ended a reply, and its client's address. */
  constructor(limits: UnsentLimits, onCut: (reason: string, peer: string) => void = () => undefined) {
    this.#limits = limits;
    this.#onCut = onCut;
  }

  /** The account of a connection: of an HTTP/2 session, or a socket. */
  accountOf(connection: object): NodeAccount {
    let account = this.#accounts.get(connection);
    if (account === undefined) {
      account = new NodeAccount(this.#limits.maxUnsentBytesPerConnection);
      this.#accounts.set(connection, account);
    }
    return account;
  }

  /** Notes how much of a reply is not sent. Less than before is progress; nothing is the end of it, for now. */
  note(reply: UnsentReply, bytes: number): void {
    const { account } = reply;
    const change = bytes - reply.unsent;
    if (change === 0) return;
    reply.unsent = bytes;
    account.bytes += change;
    this.#bytes += change;
    if (change < 0 || !this.#replies.has(reply)) {
      this.#replies.delete(reply);
      reply.progressAt = performance.now();
      if (bytes > 0) this.#replies.add(reply);
    }
    if (change < 0) account.release();
    else {
      this.#timer ??= setTimeout(this.#look, this.#limits.replyStallMs / 4).unref();
      for (const first of this.#replies) {
        if (this.#bytes <= this.#limits.maxUnsentBytes) break;
        this.#cut(first, "unsent replies");
      }
    }
  }

  /** As `ConnectionAccount.room`: most calls need not even ask for their account. */
  room(exchange: { readonly account: NodeAccount }, unfolds: boolean): Promise<void> | undefined {
    return this.#bytes === 0 && !unfolds ? undefined : exchange.account.room(unfolds);
  }

  #cut(reply: UnsentReply, reason: string): void {
    this.#onCut(reason, reply.peer());
    reply.cut();
    this.note(reply, 0);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const stalledSince = performance.now() - this.#limits.replyStallMs;
    for (const reply of this.#replies) {
      if (reply.progressAt > stalledSince) break;
      this.#cut(reply, "stalled reply");
    }
    if (this.#replies.size > 0) this.#timer ??= setTimeout(this.#look, this.#limits.replyStallMs / 4).unref();
  };
}
