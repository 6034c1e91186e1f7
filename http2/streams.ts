import type { Stream } from "./stream.ts";
import { StreamState } from "./stream-state.ts";
import { StreamTable } from "./stream-table.ts";

/** How many closed streams are remembered, of either end: more than may be under way when they close. */
const remembered = 128;

/** The streams of a connection: those open, and how the last ones have ended. */
export class Streams {
  readonly #open = new StreamTable<Stream>();
  /** The highest id the peer has used, and the next of ours. */
  lastPeerId = 0;
  #nextOwnId: number;
  readonly #ownParity: number;
  readonly #resetByUs = new ClosedIds();
  readonly #ended = new ClosedIds();

  /** Clients use odd ids, servers even ones (RFC 9113 section 5.1.1). */
  constructor(isServer: boolean) {
    this.#ownParity = isServer ? 0 : 1;
    this.#nextOwnId = isServer ? 2 : 1;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The ids to be used next; above 2³¹−1 a new connection is needed. */
  get nextOwnId(): number {
    return this.#nextOwnId;
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  /** All that are open as of now. */
  values(): Stream[] {
    return this.#open.values();
  }

  /** One of `StreamState`. */
  stateOf(id: number): number {
    const stream = this.#open.get(id);
    if (stream !== undefined) return stream.readEnded ? StreamState.halfClosedRemote : StreamState.open;
    const isIdle = (id & 1) === this.#ownParity ? id >= this.#nextOwnId : id > this.lastPeerId;
    if (isIdle) return StreamState.idle;
    if (this.#resetByUs.has(id)) return StreamState.resetByUs;
    return this.#ended.has(id) ? StreamState.ended : StreamState.forgotten;
  }

  /** Takes an id for a stream of ours. */
  takeId(): number {
    const id = this.#nextOwnId;
    this.#nextOwnId += 2;
    return id;
  }

  add(stream: Stream): void {
    this.#open.add(stream);
  }

  /** Gives back what many open streams have taken, once there is none. */
  shrink(): void {
    this.#open.shrink();
  }

  /** Closes a stream. Late frames are forgiven where we have reset it. */
  remove(id: number, resetByUs: boolean): void {
    this.#open.delete(id);
    this.remember(id, resetByUs);
  }

  /** Keeps in mind how a stream ended that never was open here. */
  remember(id: number, resetByUs: boolean): void {
    if (resetByUs) this.#resetByUs.add(id);
    else this.#ended.add(id);
  }
}

/** The last ids of closed streams: written at every stream's end, read when a frame comes too late. */
class ClosedIds {
  /** Grows to its length: many connections are idle from early on. */
  #ids: number[] | undefined = undefined;
  #next = 0;

  add(id: number): void {
    if (this.#ids === undefined) this.#ids = [id];
    else if (this.#ids.length < remembered) this.#ids.push(id);
    else {
      this.#ids[this.#next] = id;
      this.#next = (this.#next + 1) % remembered;
    }
  }

  has(id: number): boolean {
    return this.#ids?.includes(id) ?? false;
  }
}
