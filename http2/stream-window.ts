import type { Handshake } from "./handshake.ts";
import { connectionMessageBytes, type MemoryBudget } from "./memory-budget.ts";
import type { Outbound } from "./outbound.ts";
import type { Pings } from "./pings.ts";
import type { ConnectionReceiveWindow, ReceiveWindow } from "./receive-window.ts";

/** The round trip from which on a peer is far. Nearer, another round trip costs less than the memory that saves it. */
export const farMs = 10;

/** What a connection may leave unread, in bytes, before its streams' windows are narrowed. */
export const maxWideUnread = 256 * 1024;

const State = { near: 0, wide: 1, narrowing: 2, draining: 3, narrow: 4 } as const;

/** A connection as its streams' window sees it. */
interface WindowContext {
  readonly now: number;
  readonly isDead: boolean;
  readonly window: ConnectionReceiveWindow;
  readonly growth: MemoryBudget;
  readonly messages: MemoryBudget;
  readonly pings: Pings;
  readonly outbound: Outbound;
  readonly streams: { values(): readonly WindowedStream[] };
  /** Something was written: it goes out at the turn's end. */
  wrote(): void;
}

interface WindowedStream {
  readonly id: number;
  readonly readEnded: boolean;
  readonly window: ReceiveWindow;
}

/** Windows that streams begin with, in bytes. */
interface StreamWindowSettings {
  readonly streamWindow: number;
  readonly farStreamWindow: number;
}

/**
 * The window that each stream begins with, RFC 9113 section 6.9.2. To a far peer a wide one is announced once a first call is
 * over, so that a large message need not wait a round trip for a WINDOW_UPDATE. As soon as
 * streams are not read, or several large messages come at once, the near window is announced again, and stays.
 *
 * On a server wide windows may cost no more memory than near ones: until the narrowing is acknowledged, what may come on the
 * connection and what is unread are together at most what all streams might hold with near windows. What is unread then
 * is paid for out of the growth that receive windows share; where that is spent, the connection's window stays smaller.
 */
export class StreamWindow {
  readonly #connection: WindowContext;
  readonly #handshake: Handshake;
  readonly #near: number;
  readonly #far: number;
  /** What all streams may hold with near windows. */
  readonly #base: number;
  #state: number = State.near;
  /** Growth that pays for what is unread. */
  #paid = 0;
  /** What a stream that begins now may be sent. */
  initial: number;

  /** `maxStreams` is undefined on the client's side, where the peer limits them. */
  constructor(
    connection: WindowContext,
    handshake: Handshake,
    maxStreams: number | undefined,
    { streamWindow, farStreamWindow }: StreamWindowSettings,
  ) {
    this.#connection = connection;
    this.#handshake = handshake;
    this.#near = streamWindow;
    this.#base = maxStreams === undefined ? Number.POSITIVE_INFINITY : maxStreams * streamWindow;
    // With few streams a wide window for each would be more than near ones for all.
    this.#far = farStreamWindow <= this.#base ? farStreamWindow : streamWindow;
    this.initial = streamWindow;
    if (this.#far > this.#near) connection.window.size = Math.min(connection.window.size, this.#base);
  }

  /** The peer has acknowledged SETTINGS; the first ones measure the round trip. */
  acknowledged(): void {
    const { pings, now } = this.#connection;
    this.#handshake.acknowledged(pings, now);
    if (this.#state === State.narrowing && this.#handshake.isAllAcknowledged) this.#narrow();
  }

  /** A call is over: where its peer is far, the next ones get wide windows. */
  callOver(): void {
    if (this.#state !== State.near || this.#far === this.#near) return;
    const { isDead, pings } = this.#connection;
    if (!isDead && this.#handshake.isAllAcknowledged && pings.roundTripMs >= farMs) this.#widen();
  }

  /** Counts bytes that a stream holds for its reader. */
  held(bytes: number): void {
    this.#connection.window.unread += bytes;
  }

  /** Counts bytes that are read, or dropped. */
  freed(bytes: number): void {
    const { window, growth } = this.#connection;
    window.unread -= bytes;
    if (window.limit === Number.POSITIVE_INFINITY) return;
    if (this.#state === State.draining && window.unread <= maxWideUnread) {
      this.#state = State.narrow;
      growth.give(this.#paid);
      window.limit = Number.POSITIVE_INFINITY;
    }
    this.refill();
  }

  /** DATA have come: widens the connection's window by what may follow, and narrows the streams' where they pile up. */
  refill(): void {
    const connection = this.#connection;
    if (connection.isDead) return;
    if (this.#state === State.wide && this.#pilesUp) {
      this.#state = State.narrowing;
      this.#announce(this.#near);
    }
    const increment = connection.window.refill();
    if (increment > 0) connection.outbound.widen(0, increment);
  }

  get #pilesUp(): boolean {
    const { window, messages } = this.#connection;
    return window.unread > Math.max(maxWideUnread, this.#near) || connectionMessageBytes - messages.left > this.#far;
  }

  #widen(): void {
    this.#state = State.wide;
    this.#connection.window.limit = this.#base;
    this.#announce(this.#far);
    // Counted from now on: who sends more before its acknowledgement has read of it.
    this.#move(this.#far - this.#near);
  }

  #announce(initial: number): void {
    this.#handshake.announce(this.#connection.outbound, initial);
    this.#connection.wrote();
  }

  /** RFC 9113 section 6.9.3: until here the peer may have sent as much as was allowed before. */
  #narrow(): void {
    const { window, growth } = this.#connection;
    this.#move(this.#near - this.#far);
    if (window.unread <= maxWideUnread || this.#base === Number.POSITIVE_INFINITY) {
      this.#state = State.narrow;
      window.limit = Number.POSITIVE_INFINITY;
    } else {
      this.#state = State.draining;
      const { left } = growth;
      this.#paid = growth.take(left) ? left : 0;
      window.limit = this.#base + this.#paid;
    }
    this.refill();
  }

  #move(difference: number): void {
    const { streams, outbound } = this.#connection;
    this.initial += difference;
    for (const stream of streams.values()) {
      const increment = stream.window.move(difference);
      if (increment > 0 && !stream.readEnded) outbound.widen(stream.id, increment);
    }
  }
}
