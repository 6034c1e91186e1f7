import { connectionGrowthBytes, connectionMessageBytes } from "../../http2/memory-budget.ts";
import { Peer } from "../../http2/peer.fixture.ts";
import { CountedSlabs } from "./counted-slabs.ts";
import type { Plan, Step } from "./plan.ts";
import { SentFrames } from "./sent-frames.ts";
import { WatchedCall } from "./watched-call.ts";

/** A stream that is read keeps at least this window: three quarters of the least, less a frame that is under way. */
const leastWindow = 32_000;

/** Plays a plan on a connection without a socket. Returns what went wrong; undefined for nothing. */
export function playOnCore(plan: Plan): string | undefined {
  try {
    const game = new CoreGame(plan.isServer);
    for (const step of plan.steps) game.play(step);
    game.end();
    return game.problems[0];
  } catch (error) {
    return `an exception escaped: ${(error as Error).stack}`;
  }
}

class CoreGame {
  readonly problems: string[] = [];
  readonly #peer: Peer;
  readonly #sent: SentFrames;
  readonly #calls: WatchedCall[] = [];
  readonly #slabs = new CountedSlabs();
  #read: Buffer[] = [];
  #wasClogged = false;
  #closings = 0;

  constructor(isServer: boolean) {
    this.#sent = new SentFrames(isServer);
    this.#peer = new Peer(
      isServer,
      {
        request: stream => this.#calls.push(WatchedCall.serve(stream, this.problems)),
        failed: error => this.problems.push(`a bug ended the connection: ${(error as Error).stack}`),
        closed: () => this.#closings++,
      },
      { slabs: this.#slabs, farStreamWindow: 4 * 1024 * 1024 },
    );
  }

  play(step: Step): void {
    const peer = this.#peer;
    const { connection } = peer;
    switch (step.kind) {
      case "bytes":
        this.#read.push(step.bytes);
        if (step.joined) return;
        this.#deliver();
        break;
      case "open":
        if (connection.isOpen)
          this.#calls.push(WatchedCall.open(connection, step.method, step.bodyBytes, this.problems));
        break;
      case "wait":
        for (const call of this.#calls) if (call.isPaused && !call.isClosed) call.goOn();
        peer.clock.advance(step.ms);
        break;
      case "clog":
        peer.writableLength = step.bytes;
        if (step.bytes > 0) this.#wasClogged = true;
        else connection.writable();
        break;
      case "leave":
        connection.shutDown("leave");
    }
    this.#look();
  }

  /** What was joined is one read. */
  #deliver(): void {
    const peer = this.#peer;
    if (peer.isPaused) {
      peer.writableLength = 0;
      peer.connection.writable();
      if (peer.isPaused && !peer.connection.isDead) this.problems.push("reading stays paused with all bytes taken");
    }
    const bytes = Buffer.concat(this.#read);
    this.#read = [];
    peer.connection.receive(bytes);
  }

  /** What holds after every step. */
  #look(): void {
    this.#sent.read(this.#peer.takeBytes());
    const { connection, writableLength, isEnded } = this.#peer;
    if (!this.#sent.isWhole) this.problems.push("a frame, or a header block, was sent in part");
    if (connection.isDead !== isEnded) this.problems.push("the connection is over and its socket is not ended");
    if (connection.isDead || writableLength > 0) return;
    for (const stream of connection.streams.values()) {
      const mayGo = !stream.isHeld && stream.sendWindow.available > 0 && connection.outbound.window.available > 0;
      if (stream.queue !== undefined && mayGo) this.problems.push(`stream ${stream.id} stalls with data and window`);
      if (stream.isEnding && !stream.writeEnded && stream.queue === undefined && !stream.isHeld)
        this.problems.push(`stream ${stream.id} does not end, with all of it sent`);
    }
    for (const { stream, isPaused, isClosed } of this.#calls) {
      if (isClosed || isPaused || stream.readEnded || stream.window.available >= leastWindow) continue;
      this.problems.push(`the window of stream ${stream.id}, which is read, is ${stream.window.available}`);
    }
  }

  /** The socket is gone: nothing may be left. */
  end(): void {
    const peer = this.#peer;
    const { connection, clock } = peer;
    if (this.#read.length > 0) this.#deliver();
    this.#look();
    peer.writableLength = 0;
    connection.writable();
    this.#look();
    connection.lost();
    const left = {
      streams: connection.streams.size,
      "queued bytes": connection.outbound.queuedBytes,
      "window growth": connectionGrowthBytes - connection.growth.left,
      "kept messages": connectionMessageBytes - connection.messages.left,
      calls: connection.starts.count,
      "calls that are not closed": this.#calls.filter(({ isClosed }) => !isClosed).length,
      timers: clock.pending,
      slabs: this.#wasClogged ? 0 : this.#slabs.taken,
    };
    for (const [what, count] of Object.entries(left))
      if (count !== 0) this.problems.push(`left behind: ${count} ${what}`);
    if (this.#closings !== 1) this.problems.push(`the end was told ${this.#closings} times`);
    // Nothing comes of it any more: a write would throw.
    connection.receive(Buffer.alloc(100));
    clock.advance(120_000);
    peer.takeBytes();
  }
}
