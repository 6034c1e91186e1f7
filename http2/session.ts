import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { type Clock, systemClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { ConnectionEvents, ConnectionOptions, Rim } from "./connection-options.ts";
import { type TimerOwner, WheelTimer } from "./timer-wheel.ts";
import { type Turn, type TurnMember, turn } from "./turn.ts";

/** A session's settings. */
export interface SessionOptions extends ConnectionOptions {
  /** Defaults to the system's. */
  readonly clock?: Clock;
  /** Defaults to the process's. */
  readonly turn?: Turn;
  /** Bytes that were read from the socket already. */
  readonly head?: Buffer;
  /** How long a peer may take to read the last bytes, GOAWAY among them, before its socket is destroyed. Defaults to 1 s. */
  readonly lingerMs?: number;
}

/** A connection on its socket: TCP, TLS, or any other Duplex of bytes, which it owns from now on. */
export class Session implements Rim, TurnMember, TimerOwner {
  readonly socket: Duplex;
  readonly connection: Connection;
  readonly #turn: Turn;
  readonly #clock: Clock;
  readonly #linger: WheelTimer;
  readonly #lingerMs: number;

  /** `isServer` says which side of the connection this is. */
  constructor(isServer: boolean, socket: Duplex, events: ConnectionEvents, options: SessionOptions = {}) {
    const { clock = systemClock, turn: joined = turn, head, lingerMs = 1_000 } = options;
    this.socket = socket;
    this.#turn = joined;
    this.#clock = clock;
    this.#linger = new WheelTimer(this);
    this.#lingerMs = lingerMs;
    this.connection = new Connection(isServer, this, clock, events, options);
    socket.on("data", (chunk: Buffer) => this.connection.receive(chunk));
    socket.on("drain", () => this.connection.writable());
    // TLS 1.2: whoever renegotiates costs us a handshake each time (RFC 9113 section 9.2.1).
    if ("disableRenegotiation" in socket) (socket as TLSSocket).disableRenegotiation();
    // Mostly its close follows; but Node tells of a renegotiation, and keeps the socket that it comes by.
    socket.on("error", () => this.#lost());
    socket.on("end", () => this.#lost());
    socket.on("close", () => this.#lost());
    if (head !== undefined && head.length > 0) this.connection.receive(head);
  }

  get writableLength(): number {
    return this.socket.writableLength;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  joinTurn(): void {
    this.#turn.join(this);
  }

  pauseReading(): void {
    this.socket.pause();
  }

  resumeReading(): void {
    this.socket.resume();
  }

  end(): void {
    if (this.socket.destroyed) return;
    this.socket.end();
    // Whatever still comes is dropped; unread bytes would turn the end into a reset, which takes GOAWAY with it.
    this.socket.resume();
    this.#clock.set(this.#linger, this.#lingerMs);
  }

  /** Destroys the socket of a peer that does not end. */
  expired(): void {
    this.socket.destroy();
  }

  /** The end of a turn of the event loop. */
  turn(): void {
    this.connection.turn();
  }

  #lost(): void {
    this.#clock.clear(this.#linger);
    this.connection.lost();
    this.socket.destroy();
  }
}
