import { Collector } from "./collect.fixture.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { defaultWindow, Flag, FrameType, preface } from "./frames.ts";
import { type Frame, frame, Peer, post } from "./peer.fixture.ts";
import type { Stream } from "./stream.ts";

/** What far clients may send on a stream at first, here. */
export const farStreamWindow = 4 * 1024 * 1024;

/** What 100 streams with windows of 64 KiB may hold. */
export const baseBytes = 100 * defaultWindow;

/** What a connection holds unread, and what may come on top of it. */
export function exposedBytes({ peer, streams }: FarClient): number {
  const { available, unread } = peer.connection.window;
  const allowed = streams.reduce((bytes, { window }) => bytes + Math.max(0, window.available), 0);
  return unread + Math.min(available, allowed);
}

/** A client that keeps to its windows, and applies what the server sends when it is told to. */
export class FarClient {
  readonly peer: Peer;
  readonly streams: Stream[] = [];
  readonly collectors: Collector[] = [];
  /** What may be sent by what was learnt, in bytes; 0 is the connection. */
  readonly windows = new Map([[0, defaultWindow]]);
  readonly announced: number[] = [];
  #initial = defaultWindow;
  /** Sent by the server, and still on its way. */
  #coming: Frame[] = [];

  /** Its answer to the server's first SETTINGS takes a round trip; then it makes a call that is refused. */
  constructor(roundTripMs: number, options: ConnectionOptions = {}) {
    this.peer = new Peer(true, { request: stream => this.#serve(stream) }, { farStreamWindow, ...options });
    this.peer.clock.advance(roundTripMs);
    this.peer.send(preface, frame(FrameType.settings, 0, 0));
    this.learn();
    this.peer.send(this.peer.headers(1, post));
    this.streams.pop()?.reset();
    this.collectors.pop();
  }

  #serve(stream: Stream): void {
    const collector = new Collector();
    stream.listen(collector);
    this.streams.push(stream);
    this.collectors.push(collector);
  }

  /** Begins the next stream. */
  open(): Stream {
    const id = 2 * this.streams.length + 3;
    this.windows.set(id, this.#initial);
    this.peer.send(this.peer.headers(id, post));
    return this.streams.at(-1) as Stream;
  }

  /** What may be sent on a stream now. */
  mayUse(id: number): number {
    return Math.max(0, Math.min(this.windows.get(id) ?? 0, this.windows.get(0) ?? 0));
  }

  /** Sends a frame of so many bytes, or of what the windows allow. Returns how many they were. */
  data(id: number, bytes: number): number {
    const length = Math.min(bytes, 16_384, this.mayUse(id));
    if (length === 0) return 0;
    for (const spent of [0, id]) this.windows.set(spent, (this.windows.get(spent) ?? 0) - length);
    this.peer.send(this.peer.data(id, Buffer.alloc(length)));
    this.#coming.push(...this.peer.take());
    return length;
  }

  /** Sends as much as the windows allow, up to so many bytes. Returns how many they were. */
  fill(id: number, bytes: number): number {
    let sent = 0;
    for (let last = -1; last !== 0 && sent < bytes; sent += last) last = this.data(id, bytes - sent);
    return sent;
  }

  /** Applies what has come from the server, and acknowledges its SETTINGS. Returns all frames. */
  learn(): Frame[] {
    const frames = [...this.#coming, ...this.peer.take()];
    this.#coming = [];
    for (const { type, flags, id, payload } of frames) {
      if (type === FrameType.windowUpdate) this.windows.set(id, (this.windows.get(id) ?? 0) + payload.readUInt32BE(0));
      if (type === FrameType.settings && (flags & Flag.ack) === 0) this.#apply(payload);
    }
    this.#coming = this.peer.take();
    return frames;
  }

  #apply(entries: Buffer): void {
    for (let at = 0; at < entries.length; at += 6) {
      if (entries.readUInt16BE(at) !== 4) continue;
      const initial = entries.readUInt32BE(at + 2);
      this.announced.push(initial);
      for (const [id, window] of this.windows) if (id > 0) this.windows.set(id, window + initial - this.#initial);
      this.#initial = initial;
    }
    this.peer.send(frame(FrameType.settings, Flag.ack, 0));
  }

  /** Learns until nothing comes any more. */
  settle(): void {
    while (this.learn().length > 0);
  }
}
