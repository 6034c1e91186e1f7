import type { Duplex } from "node:stream";
import type { Turn, TurnMember } from "../../http2/turn.ts";

/** What is written to a socket: a whole response at once, the parts of a longer one together at the end of a turn. */
export class Output implements TurnMember {
  readonly #socket: Duplex;
  readonly #turn: Turn;
  #isCorked = false;

  constructor(socket: Duplex, turn: Turn) {
    this.#socket = socket;
    this.#turn = turn;
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
    return hasRoom;
  }

  /** The end of a turn in which something was written, or the end of all writing. */
  turn(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }
}
