import type { ConnectionParts } from "./connection-parts.ts";
import { ErrorCode } from "./frames.ts";
import { PingPurpose } from "./pings.ts";
import { type TimerOwner, WheelTimer } from "./timer-wheel.ts";

/** How often a connection is looked at that has something to look after. */
const busyMs = 1_000;

/** The answer to our SETTINGS, and a client's preface, must come within it (RFC 9113 section 6.5.3). */
const settingsMs = 10_000;

/** A header block must end within it. */
const blockMs = 15_000;

/** A peer must read some of what piles up within it. */
const cloggedMs = 20_000;

const never = Number.POSITIVE_INFINITY;

/** A connection's times; each defaults to Infinity. */
export interface ConnectionTimes {
  /** Age from which on a connection ends gracefully. */
  readonly maxAgeMs?: number;
  /** Time without streams after which it does. */
  readonly maxIdleMs?: number;
  /** Silence of the peer after which it is sent a PING; by a client only while streams are open. */
  readonly keepaliveMs?: number;
  /** Time for its answer. Defaults to 20 s. */
  readonly keepaliveTimeoutMs?: number;
  /** Time within which a peer must read some of a body that waits for it. Defaults to 60 s. */
  readonly stallMs?: number;
}

/** All deadlines of a connection and its streams, under one timer: to set one for each call would cost each call. */
export class Housekeeping implements TimerOwner {
  readonly #connection: ConnectionParts;
  readonly #times: ConnectionTimes;
  readonly #timer = new WheelTimer(this);
  readonly #startedAt: number;
  #isBusy = false;
  #blockSince: number | undefined = undefined;
  #cloggedSince: number | undefined = undefined;
  #pingedAt: number | undefined = undefined;

  constructor(connection: ConnectionParts, times: ConnectionTimes) {
    this.#times = times;
    this.#connection = connection;
    this.#startedAt = connection.now;
    this.wake();
  }

  /** There is something to look after. */
  wake(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#connection.clock.set(this.#timer, busyMs);
  }

  stop(): void {
    this.#connection.clock.clear(this.#timer);
    this.#isBusy = true;
  }

  expired(): void {
    this.#connection.tick();
  }

  /** Looks at everything, and sets the next time to do so. Called by the connection's `tick`. */
  look(now: number): void {
    this.#lookAtPeer(now);
    this.#lookAtStreams(now);
    this.#lookAtAge(now);
    const connection = this.#connection;
    if (connection.isDead) return;
    this.#isBusy =
      connection.streams.size > 0 ||
      !connection.isSettled ||
      connection.reader.inBlock ||
      connection.outbound.output.clogged ||
      connection.shutdown.isStarted ||
      this.#pingedAt !== undefined;
    if (!this.#isBusy) this.#rest();
    const ms = this.#isBusy ? busyMs : this.#quietUntil() - now;
    if (ms !== never) connection.clock.set(this.#timer, Math.max(ms, 1));
  }

  /** Nothing goes on: lets go of what only spares time, as most connections are idle most of the time. */
  #rest(): void {
    const { streams, decoder, outbound } = this.#connection;
    streams.shrink();
    decoder.forgetBlocks();
    outbound.encoder.forgetPlans();
  }

  /** When something happens to a connection on which nothing happens. */
  #quietUntil(): number {
    const { idleSince, lastReceived } = this.#connection;
    const { maxAgeMs = never, maxIdleMs = never, keepaliveMs = never } = this.#times;
    const pingAt = this.#mayPing ? lastReceived + keepaliveMs : never;
    return Math.min(this.#startedAt + maxAgeMs, idleSince + maxIdleMs, pingAt);
  }

  /** gRPC's servers send clients away that ask for signs of life without calls (gRFC A8). */
  get #mayPing(): boolean {
    return this.#connection.isServer || this.#connection.streams.size > 0;
  }

  #lookAtPeer(now: number): void {
    const connection = this.#connection;
    if (!connection.isSettled && now - this.#startedAt >= settingsMs) {
      connection.fail(ErrorCode.settingsTimeout, "no answer to SETTINGS");
      return;
    }
    this.#blockSince = connection.reader.inBlock ? (this.#blockSince ?? now) : undefined;
    if (this.#blockSince !== undefined && now - this.#blockSince >= blockMs) {
      connection.fail(ErrorCode.enhanceYourCalm, "a header block does not end");
      return;
    }
    this.#cloggedSince = connection.outbound.output.clogged ? (this.#cloggedSince ?? now) : undefined;
    if (this.#cloggedSince !== undefined && now - this.#cloggedSince >= cloggedMs) {
      connection.fail(ErrorCode.enhanceYourCalm, "what was sent is not read");
      return;
    }
    this.#lookAtKeepalive(now);
  }

  #lookAtKeepalive(now: number): void {
    const connection = this.#connection;
    const { keepaliveMs = never, keepaliveTimeoutMs = 20_000 } = this.#times;
    if (!connection.pings.awaits(PingPurpose.keepalive)) this.#pingedAt = undefined;
    if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt >= keepaliveTimeoutMs) connection.fail(ErrorCode.noError, "keepalive timeout");
      return;
    }
    if (!this.#mayPing || now - connection.lastReceived < keepaliveMs) return;
    this.#pingedAt = now;
    connection.pings.send(PingPurpose.keepalive, now, connection.outbound.frames);
    connection.wrote();
  }

  #lookAtStreams(now: number): void {
    const { stallMs = 60_000 } = this.#times;
    for (const stream of this.#connection.streams.values()) {
      if (now >= stream.bodyDueAt) {
        this.#connection.overdue(stream, ErrorCode.enhanceYourCalm, "the body did not arrive in time");
      } else if (stream.queue !== undefined && now - stream.progressAt >= stallMs) {
        this.#connection.overdue(stream, ErrorCode.enhanceYourCalm, "what was sent is not read");
      }
    }
  }

  #lookAtAge(now: number): void {
    const connection = this.#connection;
    if (connection.isDead) return;
    const { maxAgeMs = never, maxIdleMs = never } = this.#times;
    if (now >= connection.shutdown.dueAt) connection.confirmShutdown();
    else if (now - this.#startedAt >= maxAgeMs) connection.shutDown("max_age");
    else if (connection.streams.size === 0 && now - connection.idleSince >= maxIdleMs) connection.shutDown("max_idle");
  }
}
