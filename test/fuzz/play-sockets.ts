import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { connectionGrowthBytes } from "../../http2/memory-budget.ts";
import { Session } from "../../http2/session.ts";
import type { Plan } from "./plan.ts";
import { SentFrames } from "./sent-frames.ts";
import { WatchedCall } from "./watched-call.ts";

/** How long a session may take to end once its peer has; only one that hangs takes so long. */
const hangMs = 60_000;

/** A listening socket that joins an engine's end and a raw end, one pair at a time. */
export class SocketPairs implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<SocketPairs> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new SocketPairs(server);
  }

  /** Opens a connection; not to be called again before it resolves. */
  async open(): Promise<{ readonly connecting: Socket; readonly accepted: Socket }> {
    const connecting = connect((this.#server.address() as AddressInfo).port, "127.0.0.1");
    const [[accepted]] = (await Promise.all([once(this.#server, "connection"), once(connecting, "connect")])) as [
      [Socket],
      unknown,
    ];
    return { connecting, accepted };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Plays a plan over a socket to its end. Resolves with what went wrong; undefined for nothing. */
export async function playOnSocket(pairs: SocketPairs, plan: Plan): Promise<() => Promise<string | undefined>> {
  const { connecting, accepted } = await pairs.open();
  const [engine, raw] = plan.isServer ? [accepted, connecting] : [connecting, accepted];
  return () => new SocketGame(plan, engine, raw).play();
}

class SocketGame {
  readonly #plan: Plan;
  readonly #raw: Socket;
  readonly #session: Session;
  readonly #problems: string[] = [];
  readonly #calls: WatchedCall[] = [];
  readonly #closed: Promise<unknown>;
  #isClosed = false;

  constructor(plan: Plan, engine: Socket, raw: Socket) {
    this.#plan = plan;
    this.#raw = raw;
    const sent = new SentFrames(plan.isServer);
    raw.on("error", () => {});
    raw.on("data", (chunk: Buffer) => {
      try {
        sent.read(chunk);
      } catch (error) {
        this.#problems.push(String(error));
      }
    });
    this.#closed = Promise.all([closed(raw), closed(engine)]);
    this.#session = new Session(plan.isServer, engine, {
      request: stream => this.#calls.push(WatchedCall.serve(stream, this.#problems)),
      failed: error => this.#problems.push(`a bug ended the connection: ${(error as Error).stack}`),
      closed: () => {
        if (this.#isClosed) this.#problems.push("the end was told twice");
        this.#isClosed = true;
      },
    });
  }

  async play(): Promise<string | undefined> {
    const raw = this.#raw;
    const { connection } = this.#session;
    let read: Buffer[] = [];
    for (const step of this.#plan.steps) {
      if (step.kind === "bytes") {
        read.push(step.bytes);
        if (step.joined) continue;
        if (raw.writable) raw.write(Buffer.concat(read));
        read = [];
        await setImmediate();
      } else if (step.kind === "open") {
        if (connection.isOpen) {
          this.#calls.push(WatchedCall.open(connection, step.method, step.bodyBytes, this.#problems));
        }
      } else if (step.kind === "wait") {
        for (const call of this.#calls) if (call.isPaused && !call.isClosed) call.goOn();
        await setImmediate();
      } else if (step.kind === "clog") {
        if (step.bytes > 0) raw.pause();
        else raw.resume();
      } else connection.shutDown("leave");
    }
    raw.resume();
    if (this.#plan.steps.length % 2 === 0) raw.end(Buffer.concat(read));
    else raw.destroy();
    await this.#closed;
    this.#look();
    return this.#problems[0];
  }

  /** Nothing may be left. */
  #look(): void {
    const { connection } = this.#session;
    if (!this.#isClosed) this.#problems.push("the end was not told");
    const left = {
      streams: connection.streams.size,
      "queued bytes": connection.outbound.queuedBytes,
      "window growth": connectionGrowthBytes - connection.growth.left,
      calls: connection.starts.count,
      "calls that are not closed": this.#calls.filter(({ isClosed }) => !isClosed).length,
    };
    for (const [what, count] of Object.entries(left))
      if (count !== 0) this.#problems.push(`left behind: ${count} ${what}`);
  }
}

/** Resolves once a socket is closed, with an error or without. */
async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("a socket does not close: the session hangs")), hangMs);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
