import type { Sender } from "./sender.ts";

/**
 * Streams that have something to send, in the order of their turns. One that waits for its own window is not in here;
 * those that wait for the connection's are set aside until it widens.
 */
export class Scheduler {
  #first: Sender | undefined = undefined;
  #last: Sender | undefined = undefined;
  #starved: Sender[] | undefined = undefined;

  /** Whether no stream waits for its turn, nor for the connection's window. */
  get isEmpty(): boolean {
    return this.#first === undefined && this.#starved === undefined;
  }

  /** Appends a stream, unless it waits already. */
  add(stream: Sender): void {
    if (stream.isScheduled) return;
    stream.isScheduled = true;
    stream.nextScheduled = undefined;
    if (this.#last === undefined) this.#first = stream;
    else this.#last.nextScheduled = stream;
    this.#last = stream;
  }

  /** Takes the stream whose turn it is. It may have been closed since. */
  next(): Sender | undefined {
    const stream = this.#first;
    if (stream === undefined) return undefined;
    this.#first = stream.nextScheduled;
    if (this.#first === undefined) this.#last = undefined;
    stream.nextScheduled = undefined;
    stream.isScheduled = false;
    return stream;
  }

  /** Sets a stream aside that only the connection's window holds back. */
  starve(stream: Sender): void {
    stream.isScheduled = true;
    if (this.#starved === undefined) this.#starved = [stream];
    else this.#starved.push(stream);
  }

  /** The connection's window has widened. */
  feed(): void {
    const starved = this.#starved;
    if (starved === undefined) return;
    this.#starved = undefined;
    for (const stream of starved) {
      stream.isScheduled = false;
      this.add(stream);
    }
  }
}
