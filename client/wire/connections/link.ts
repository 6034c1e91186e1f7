import type { Code } from "@connectrpc/connect";
import type { Connection } from "../../../http2/connection.ts";
import { ErrorCode } from "../../../http2/frames.ts";
import type { Session } from "../../../http2/session.ts";
import type { Stream } from "../../../http2/stream.ts";
import type { StreamEvents } from "../../../http2/stream-events.ts";

/** What keeps a process running while a link is used: a socket. */
interface Referable {
  ref?(): unknown;
  unref?(): unknown;
}

/** What a link's server is, beyond its connection. */
export interface LinkOptions {
  /** See {@link CallLink.authority}. */
  readonly authority?: string | undefined;
  readonly judge?: Judge | undefined;
}

/** What a call needs of the connection that it is sent on. */
export interface CallLink {
  /** What its server is called by; undefined for what all servers of the transport are called by. */
  readonly authority: string | undefined;
  /** Whether a call would be sent at once. */
  readonly hasRoom: boolean;
  /** Opens a stream: see {@link Connection.open}. Its listener calls {@link release} once it is told that it is closed. */
  open(fields: readonly string[], events: StreamEvents, more: readonly string[] | undefined, end: boolean): Stream;
  /** A stream of this link is closed. */
  release(): void;
  /** A call has ended as it should, with undefined, or with an error of this code. */
  judge(code: Code | undefined): void;
}

/** Is told how the calls of a server end: see {@link CallLink.judge}. */
export type Judge = (code: Code | undefined) => void;

/** An open connection and the calls on it. It keeps the process running while there are any. */
export class Link implements CallLink {
  readonly #connection: Connection;
  readonly #socket: Referable;
  readonly #idleMs: number;
  readonly authority: string | undefined;
  readonly #judge: Judge | undefined;
  /** Why the connection has ended, where somebody has said. */
  whyOver: string | undefined = undefined;
  #calls = 0;
  /** By the wall clock: the engine's stands still while a computer sleeps. */
  #usedAt = Date.now();

  /** Takes a session whose peer has sent its SETTINGS. A link without calls for `idleMs` milliseconds is not used again. */
  constructor({ connection, socket }: Session, idleMs: number, { authority, judge }: LinkOptions) {
    this.#connection = connection;
    this.#socket = socket as Referable;
    this.#idleMs = idleMs;
    this.authority = authority;
    this.#judge = judge;
  }

  /** Calls in flight. */
  get calls(): number {
    return this.#calls;
  }

  /** See {@link CallLink.hasRoom}. A link that was idle for too long is closed by the question. */
  get hasRoom(): boolean {
    if (!this.#connection.hasRoom) return false;
    if (!this.isIdle) return true;
    this.#connection.shutDown();
    return false;
  }

  /** Whether it was without calls for too long. */
  get isIdle(): boolean {
    return this.#calls === 0 && Date.now() - this.#usedAt > this.#idleMs;
  }

  /** Whether the connection has ended. */
  get isOver(): boolean {
    return this.#connection.isDead;
  }

  open(fields: readonly string[], events: StreamEvents, more: readonly string[] | undefined, end: boolean): Stream {
    const stream = this.#connection.open(fields, events, more, end);
    if (++this.#calls === 1) this.#socket.ref?.();
    return stream;
  }

  release(): void {
    if (--this.#calls > 0) return;
    this.#usedAt = Date.now();
    this.#socket.unref?.();
  }

  judge(code: Code | undefined): void {
    this.#judge?.(code);
  }

  /** Whether new calls are taken, though not always at once. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** This link for a call that looks after the server: it is no work, and keeps neither process nor connection. */
  get quiet(): CallLink {
    return {
      authority: this.authority,
      hasRoom: true,
      open: (...stream) => this.#connection.open(...stream),
      release() {},
      judge() {},
    };
  }

  /** Takes no more calls; the connection ends with the last of them. */
  shutDown(): void {
    this.#connection.shutDown();
  }

  /** Ends the connection and all calls on it. */
  destroy(): void {
    this.#connection.fail(ErrorCode.noError, "the client is closed");
  }
}
