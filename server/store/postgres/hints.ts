import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import { type Servers, Session } from "./session.ts";
import { codeOf } from "./sqlstate.ts";

/** What there may be news of. */
export const TOPICS = ["events", "chat"] as const;
export type Topic = (typeof TOPICS)[number];

/**
 * Tells processes on one database that there is something new, which each then reads for itself. One hint may stand for many
 * changes, and one may be lost: it costs a moment, until the next look, and nothing else.
 */
export interface Hints {
  /** Has the other processes told, soon. */
  announce(topic: Topic): void;
  /** Calls the listener when another process has announced, or may have. Returns how to stop. */
  listen(topic: Topic, listener: () => void): () => void;
  close(): Promise<void>;
}

/** What hints by LISTEN and NOTIFY need. */
export interface PostgresHintsOptions {
  readonly servers: Servers;
  /** Whoever listens on the same channel of the same database is told. */
  readonly channel: string;
  /** Told where hints do not arrive, and when they do again. */
  readonly onNotice: (text: string) => void;
  /** Milliseconds between two tries whether a hint arrives. Defaults to 5,000. */
  readonly probeMs?: number;
  /** Milliseconds that a hint may take. Defaults to 2,000. */
  readonly lostMs?: number;
}

/** Milliseconds between two notifications: what is announced meanwhile shares the next one. */
const PAUSE_MS = 5;
/** Milliseconds between two hints that stand for all those which do not arrive. */
const POLL_MS = 50;
const TIMEOUTS = { statement: 4000 };

/**
 * Hints by NOTIFY, outside of the transactions that write, which would wait for each other there. Whether hints arrive is
 * tried now and then with one to oneself: a pooler may swallow them, and so may a server of another make. As long as none
 * arrives, it hints at everything by the clock. https://www.postgresql.org/docs/18/sql-notify.html
 */
export class PostgresHints implements Hints {
  readonly #options: PostgresHintsOptions;
  readonly #listener: Session;
  readonly #notifier: Session;
  readonly #listeners: Readonly<Record<Topic, Set<() => void>>> = { events: new Set(), chat: new Set() };
  readonly #announced = new Set<Topic>();
  readonly #stop = new AbortController();
  #sending = false;
  #probe = 0;
  #echoed = 0;
  #poll: NodeJS.Timeout | undefined;

  constructor(options: PostgresHintsOptions) {
    this.#options = options;
    const { servers, channel } = options;
    this.#listener = new Session({
      servers,
      name: "listener",
      timeouts: TIMEOUTS,
      prepare: async connection => {
        connection.onNotification((payload, process) => this.#hear(payload, process));
        await connection.command(`LISTEN "${channel}"`);
        // Of what was announced before, nobody was there to be told.
        for (const topic of TOPICS) this.#emit(topic);
      },
    });
    // A notification lives no longer than the server's process, so its commit need not wait for the disk, nor make others wait.
    this.#notifier = new Session({ servers, name: "notifier", timeouts: TIMEOUTS, durable: false });
  }

  /** Connects. Throws what the first attempt does. */
  async open(): Promise<void> {
    await Promise.all([this.#listener.open(), this.#notifier.open()]);
    void this.#watch();
  }

  announce(topic: Topic): void {
    this.#announced.add(topic);
    if (this.#sending) return;
    this.#sending = true;
    void this.#send();
  }

  listen(topic: Topic, listener: () => void): () => void {
    // Its own function each time, so that a listener may listen twice.
    const own = () => listener();
    this.#listeners[topic].add(own);
    return () => this.#listeners[topic].delete(own);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#poll);
    await Promise.all([this.#listener.close(), this.#notifier.close()]);
  }

  async #send(): Promise<void> {
    while (this.#announced.size > 0) {
      const topics = [...this.#announced];
      this.#announced.clear();
      const connection = this.#notifier.now;
      // A hint that cannot be sent is lost, as any may be.
      if (connection !== undefined)
        await Promise.all(topics.map(topic => this.#notify(connection, topic))).catch(() => {});
      await sleep(PAUSE_MS);
    }
    this.#sending = false;
  }

  async #notify(connection: Connection, payload: string): Promise<void> {
    await connection.rows({ name: "notify", text: "SELECT pg_notify($1, $2)" }, [this.#options.channel, payload]);
  }

  #hear(payload: string, process: number): void {
    const own = process === this.#notifier.now?.process;
    const topic = TOPICS.find(name => name === payload);
    // What this process has written, it was told without a detour.
    if (topic !== undefined && !own) this.#emit(topic);
    if (own && payload === `probe ${this.#probe}`) {
      this.#echoed = this.#probe;
      this.#setDeaf(undefined);
    }
  }

  #emit(topic: Topic): void {
    for (const listener of this.#listeners[topic]) listener();
  }

  /** Tries again and again whether hints arrive, and whether the connections that seldom say anything are still there. */
  async #watch(): Promise<void> {
    const { probeMs = 5000, lostMs = 2000 } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#probe += 1;
      const problem = await this.#sendProbe().catch(codeOf);
      await sleep(lostMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      if (this.#echoed !== this.#probe) this.#setDeaf(problem ?? "none arrives");
      await sleep(Math.max(0, probeMs - lostMs), undefined, { signal }).catch(() => {});
    }
  }

  async #sendProbe(): Promise<string | undefined> {
    const [listener, notifier] = [this.#listener.now, this.#notifier.now];
    if (listener === undefined || notifier === undefined) return "not connected";
    await Promise.all([listener.command("SELECT 1"), this.#notify(notifier, `probe ${this.#probe}`)]);
    return undefined;
  }

  /** Hints at everything by the clock from now on, for a reason; without one, no longer. */
  #setDeaf(reason: string | undefined): void {
    if ((reason === undefined) === (this.#poll === undefined)) return;
    if (reason === undefined) {
      clearInterval(this.#poll);
      this.#poll = undefined;
      this.#options.onNotice("hints of the database arrive again");
      return;
    }
    this.#options.onNotice(`hints of the database do not arrive (${reason}): looking every ${POLL_MS} ms`);
    this.#poll = setInterval(() => {
      for (const topic of TOPICS) this.#emit(topic);
    }, POLL_MS);
  }
}
