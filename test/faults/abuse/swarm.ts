import type { Socket } from "node:net";
import { ack, frame, framesOf, types } from "../../support/frames.ts";
import { connect } from "../../support/port.ts";

/** Connections that are opened at a time. */
const batch = 50;

/** How connections of one kind were closed by the server. Times are in milliseconds since each was opened. */
export interface Closings {
  readonly what: string;
  readonly connections: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Opens connections and has `misbehave` do its worst on each; it never closes one. Resolves once the server has closed
 * all of them.
 */
export async function swarm(
  what: string,
  port: number,
  connections: number,
  misbehave: (socket: Socket) => void,
): Promise<Closings> {
  const lives: Promise<number>[] = [];
  async function open() {
    const socket = await connect(port);
    const start = performance.now();
    const closed = new Promise(resolve => socket.on("error", () => undefined).once("close", resolve));
    lives.push(closed.then(() => performance.now() - start));
    socket.resume();
    misbehave(socket);
  }
  for (let opened = 0; opened < connections; opened += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, connections - opened) }, open));
  }
  const times = await Promise.all(lives);
  return { what, connections, first: Math.min(...times), last: Math.max(...times) };
}

/** Sends `bytes` one by one, and keeps silent after the last. */
export function trickle(socket: Socket, bytes: Buffer, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at === bytes.length) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, everyMs);
  socket.once("close", () => clearInterval(timer));
}

/** Sends what `next` answers, again and again, as fast as the server takes it. */
export function flood(socket: Socket, next: () => Buffer): void {
  function send() {
    while (!socket.destroyed && socket.write(next()));
  }
  socket.on("drain", send);
  send();
}

/** Acknowledges PINGs and SETTINGS, as a client does that wants to stay. */
export function acknowledge(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    const frames = framesOf(rest).filter(({ payload, length }) => payload.length === length);
    for (const { type, flags, payload } of frames) {
      if ((flags & ack) !== 0) continue;
      if (type === types.ping) socket.write(frame(types.ping, ack, 0, payload));
      if (type === types.settings) socket.write(frame(types.settings, ack, 0));
    }
    rest = rest.subarray(frames.reduce((sum, { length }) => sum + 9 + length, 0));
  });
}
