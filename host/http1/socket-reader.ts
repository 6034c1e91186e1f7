import type { Duplex } from "node:stream";

/** Whoever a socket's events are for. */
export interface SocketListener {
  received(chunk: Buffer): void;
  /** What was written is sent. */
  drained(): void;
  /** The client will send no more; it may still read. */
  ended(): void;
  lost(): void;
}

/** The reading side of a socket, told to one listener until it lets go of it: the socket may then be somebody else's. */
export class SocketReader {
  readonly #socket: Duplex;
  readonly #onData: (chunk: Buffer) => void;
  readonly #onDrain: () => void;
  readonly #onEnd: () => void;
  readonly #onClose: () => void;

  constructor(socket: Duplex, listener: SocketListener) {
    this.#socket = socket;
    this.#onData = chunk => listener.received(chunk);
    this.#onDrain = () => listener.drained();
    this.#onEnd = () => listener.ended();
    this.#onClose = () => listener.lost();
    socket.on("data", this.#onData).on("drain", this.#onDrain).on("end", this.#onEnd).on("close", this.#onClose);
    socket.on("error", ignoreError);
  }

  /** Goes on to read, or stops to. */
  reads(wanted: boolean): void {
    if (wanted !== this.#socket.isPaused()) return;
    if (wanted) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Once let go: gives back what was read and is for the next listener, which `take` has listen. */
  handOver(rest: Buffer | undefined, take: (socket: Duplex) => void): void {
    const socket = this.#socket;
    socket.pause();
    if (rest !== undefined) socket.unshift(rest);
    take(socket);
    socket.resume();
  }

  /** Lets go. */
  release(): void {
    const socket = this.#socket;
    socket.off("data", this.#onData).off("drain", this.#onDrain).off("end", this.#onEnd).off("close", this.#onClose);
    socket.off("error", ignoreError);
  }
}

/** A socket that fails is closed, and that is told. */
function ignoreError(): void {}
