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

/** An open connection and the calls on it. It keeps the process running while there are any. */
export class Link {
  readonly #connection: Connection;
  readonly #socket: Referable;
  readonly #idleMs: number;
  /** Why the connection has ended, where somebody has said. */
  whyOver: string | undefined = undefined;
  #calls = 0;
  /** By the wall clock: the engine's stands still while a computer sleeps. */
  #usedAt = Date.now();

  /** Takes a session whose peer has sent its SETTINGS. A link without calls for `idleMs` milliseconds is not used again. */
  constructor({ connection, socket }: Session, idleMs: number) {
    this.#connection = connection;
    this.#socket = socket as Referable;
    this.#idleMs = idleMs;
  }

  /** Whether a call would be sent at once. A link that was idle for too long is closed by the question. */
  get hasRoom(): boolean {
    if (!this.#connection.hasRoom) return false;
    if (this.#calls > 0 || Date.now() - this.#usedAt <= this.#idleMs) return true;
    this.#connection.shutDown();
    return false;
  }

  /** Whether the connection has ended. */
  get isOver(): boolean {
    return this.#connection.isDead;
  }

  /** Opens a stream: see {@link Connection.open}. Its listener calls {@link release} once it is told that it is closed. */
  open(fields: readonly string[], events: StreamEvents, more: readonly string[] | undefined, end: boolean): Stream {
    const stream = this.#connection.open(fields, events, more, end);
    if (++this.#calls === 1) this.#socket.ref?.();
    return stream;
  }

  /** A stream of this link is closed. */
  release(): void {
    if (--this.#calls > 0) return;
    this.#usedAt = Date.now();
    this.#socket.unref?.();
  }

  /** Ends the connection and all calls on it. */
  destroy(): void {
    this.#connection.fail(ErrorCode.noError, "the client is closed");
  }
}
