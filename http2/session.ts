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

/** Where a socket has its session: listeners that are the same for all find it, as closures for each cost memory. */
const session = Symbol("session");

/** A socket, once it has its session. */
interface SessionSocket extends Duplex {
  [session]?: Session;
}

/** A connection on its socket: TCP, TLS, or any other Duplex of bytes, which it owns from now on. */
export class Session implements Rim, TurnMember, TimerOwner {
  readonly socket: Duplex;
  readonly connection: Connection;
  readonly #turn: Turn;
  readonly #clock: Clock;
  /** Runs once the last bytes are written. */
  #linger: WheelTimer | undefined = undefined;
  readonly #lingerMs: number;

  /** `isServer` says which side of the connection this is. */
  constructor(isServer: boolean, socket: Duplex, events: ConnectionEvents, options: SessionOptions = {}) {
    const { clock = systemClock, turn: joined = turn, head, lingerMs = 1_000 } = options;
    this.socket = socket;
    this.#turn = joined;
    this.#clock = clock;
    this.#lingerMs = lingerMs;
    this.connection = new Connection(isServer, this, clock, events, options);
    (socket as SessionSocket)[session] = this;
    socket.on("data", onData);
    socket.on("drain", onDrain);
    // TLS 1.2: whoever renegotiates costs us a handshake each time (RFC 9113 section 9.2.1).
    if ("disableRenegotiation" in socket) (socket as TLSSocket).disableRenegotiation();
    // Mostly its close follows; but Node tells of a renegotiation, and keeps the socket that it comes by.
    socket.on("error", onLost);
    socket.on("end", onLost);
    socket.on("close", onLost);
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
    this.#linger ??= new WheelTimer(this);
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

  /** The socket is of no more use. */
  lost(): void {
    if (this.#linger !== undefined) this.#clock.clear(this.#linger);
    this.connection.lost();
    this.socket.destroy();
  }
}

function onData(this: SessionSocket, chunk: Buffer): void {
  this[session]?.connection.receive(chunk);
}

function onDrain(this: SessionSocket): void {
  this[session]?.connection.writable();
}

function onLost(this: SessionSocket): void {
  this[session]?.lost();
}
