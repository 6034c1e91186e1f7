import * as net from "node:net";
import { bind } from "../../host/listener/bind.ts";
import { acceptOptions } from "../../host/listener/one-port.ts";

/** A worker that takes connections. */
export interface Taker {
  /** How many it was given and has not taken yet. */
  readonly untaken: number;
  /** Gives it a connection. */
  give(socket: net.Socket): void;
}

/** Connections that may wait for a worker, while none is there. */
const MAX_WAITING = 4096;

/**
 * Accepts the connections of the one port, and gives each to the worker that is the least behind with taking them, in turns
 * where they are alike. So a worker that is stuck gets one alone.
 *
 * This is not left to `node:cluster`, which never closes a connection that a worker was given and did not live to take, so
 * that its client waits for ever; which may find workers several ports in the place of 0; and where the file of a socket has
 * other rights than the worker asked for.
 */
export class Reception {
  readonly #fronts: net.Server[];
  readonly #workers: Taker[] = [];
  readonly #waiting: net.Socket[] = [];

  private constructor(fronts: net.Server[]) {
    this.#fronts = fronts;
  }

  /** Listens as `bind` does. */
  static async open(host: string, port: number): Promise<Reception> {
    const fronts: net.Server[] = [];
    const reception = new Reception(fronts);
    // Nothing is read here: it is the worker's.
    const options = { ...acceptOptions, pauseOnConnect: true };
    const create = () => net.createServer(options, socket => reception.#receive(socket));
    fronts.push(...(await bind(create, host, port)));
    return reception;
  }

  /** What is listened on. */
  get addresses(): net.AddressInfo[] {
    return this.#fronts.map(front => front.address() as net.AddressInfo);
  }

  /** Takes in a worker, which gets what waits. */
  add(worker: Taker): void {
    this.#workers.push(worker);
    for (const socket of this.#waiting.splice(0)) this.#receive(socket);
  }

  /** Gives no more to a worker. */
  remove(worker: Taker): void {
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }

  /** Accepts no more. */
  close(): void {
    for (const front of this.#fronts) front.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #receive(socket: net.Socket): void {
    const [first, ...others] = this.#workers;
    if (first === undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(socket);
      else socket.destroy();
      return;
    }
    const worker = others.reduce((best, next) => (next.untaken < best.untaken ? next : best), first);
    this.remove(worker);
    this.#workers.push(worker);
    worker.give(socket);
  }
}
