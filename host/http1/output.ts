import type { Duplex } from "node:stream";
import type { Turn, TurnMember } from "../../http2/turn.ts";
import type { Unread } from "./unread.ts";

/**
 * What is written to a socket: a whole response at once, the parts of a longer one together at the end of a turn. What its
 * client does not read of it is counted.
 */
export class Output implements TurnMember {
  readonly #socket: Duplex;
  readonly #turn: Turn;
  readonly #unread: Unread;
  #isCorked = false;

  constructor(socket: Duplex, turn: Turn, unread: Unread) {
    this.#socket = socket;
    this.#turn = turn;
    this.#unread = unread;
  }

  /** Writes parts, texts as latin1, with `now` at once. Returns false where the socket fills up. */
  write(parts: readonly (string | Uint8Array)[], now: boolean): boolean {
    if (!this.#isCorked && !(now && parts.length === 1)) {
      this.#isCorked = true;
      this.#socket.cork();
      if (!now) this.#turn.join(this);
    }
    let hasRoom = true;
    for (const part of parts) hasRoom = this.#socket.write(part, "latin1");
    if (now) this.turn();
    this.#unread.note();
    return hasRoom;
  }

  /** What was written is sent. */
  drained(): void {
    this.#unread.note();
  }

  /** Nothing more is written. */
  over(): void {
    this.turn();
    this.#unread.over();
  }

  /** The end of a turn in which something was written, or the end of all writing. */
  turn(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }
}
