import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf, reconnectPauses } from "../../connection/connections.ts";
import { pauseMs } from "../../retry/pause.ts";
import { asUnprocessed } from "../../retry/unprocessed.ts";
import type { Link } from "../connections/link.ts";
import { awaited, type LinkSource } from "../connections/link-source.ts";
import type { Member } from "./member.ts";
import { type OutlierPolicy, sweep } from "./outliers.ts";
import type { Pick } from "./picker.ts";

/** Names are not resolved anew more often, in milliseconds, however many connections are lost. */
const minRefreshMs = 1_000;

/** Where the servers are, each with a key by which it is known again, and for how long that holds. */
export interface Found<Address> {
  readonly addresses: ReadonlyMap<string, Address>;
  readonly ttlMs: number;
}

/** What a fleet is made of. */
export interface FleetParts<Address> {
  /** What the servers are called by together, for errors. */
  readonly name: string;
  /** Tells where the servers are. Rejects where it cannot. */
  find(): Promise<Found<Address>>;
  /** Creates a server's connections, none of which is opened yet. `down` is told of each attempt that failed. */
  join(address: Address, down: () => void): Member;
  readonly pick: Pick;
  readonly outliers: OutlierPolicy | false;
  /** In milliseconds. Defaults to the process's clock. */
  readonly now?: () => number;
}

/**
 * The connections to many servers, of which each call takes one. They are opened together with the first call. All that is
 * done from time to time is done when a call comes: without any, a fleet does nothing.
 */
export class Fleet<Address> implements LinkSource {
  readonly #parts: FleetParts<Address>;
  readonly #now: () => number;
  #members = new Map<string, Member>();
  /** Those that calls go to: all but who is left out. */
  #callable: readonly Member[] = [];
  /** Those whose addresses are gone, while calls are in flight there. */
  #left: Member[] = [];
  readonly #closing = new AbortController();
  #opening: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #refreshAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #sweepAt: number;

  constructor(parts: FleetParts<Address>) {
    this.#parts = parts;
    const { now = () => performance.now() } = parts;
    this.#now = now;
    this.#sweepAt = now() + (parts.outliers ? parts.outliers.intervalMs : Number.POSITIVE_INFINITY);
  }

  take(): Link | undefined {
    if (this.#closing.signal.aborted) return undefined;
    const now = this.#now();
    // Those who wait for it are told of its failure.
    if (now >= this.#refreshAt) this.#refresh().catch(() => {});
    if (now >= this.#sweepAt) this.#sweep(now);
    return this.#parts.pick(this.#callable);
  }

  async ready(signal: AbortSignal): Promise<Link> {
    for (;;) {
      if (this.#closing.signal.aborted) throw closed();
      const link = this.take();
      if (link !== undefined) return link;
      this.#opening ??= this.#open().finally(() => {
        this.#opening = undefined;
      });
      await awaited(this.#opening, signal);
    }
  }

  close(): void {
    this.#closing.abort();
    for (const member of [...this.#members.values(), ...this.#left]) member.close();
  }

  /** Waits for the first server that can be called. */
  async #open(): Promise<void> {
    try {
      if (this.#members.size === 0) await this.#refresh();
      await Promise.any(this.#callable.map(member => member.ready()));
    } catch (error) {
      if (this.#closing.signal.aborted) throw closed();
      const message = `no server of ${this.#parts.name} can be called: ${reasonOf(error)}`;
      throw asUnprocessed("unsent", new ConnectError(message, Code.Unavailable, undefined, undefined, error));
    }
  }

  /** Asks where the servers are; while that cannot be told, they are where they were. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#find().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #find(): Promise<void> {
    const { signal } = this.#closing;
    this.#refreshAt = Number.POSITIVE_INFINITY;
    try {
      if (this.#failures > 0) {
        await delay(pauseMs(reconnectPauses, this.#failures), undefined, { ref: false, signal });
      }
      const { addresses, ttlMs } = await this.#parts.find();
      if (addresses.size === 0) throw new Error("it has no addresses");
      if (signal.aborted) return;
      this.#failures = 0;
      this.#refreshedAt = this.#now();
      this.#refreshAt = this.#refreshedAt + Math.max(ttlMs, minRefreshMs);
      this.#update(addresses);
    } catch (error) {
      this.#failures++;
      // The next call asks again, after a pause.
      this.#refreshAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  #update(addresses: ReadonlyMap<string, Address>): void {
    const before = this.#members;
    this.#members = new Map();
    for (const [key, address] of addresses) {
      const member = before.get(key) ?? this.#parts.join(address, () => this.#lost());
      if (!before.delete(key)) member.connect();
      this.#members.set(key, member);
    }
    for (const member of before.values()) member.leave();
    this.#left = [...this.#left, ...before.values()].filter(({ calls }) => calls > 0);
    this.#choose();
  }

  /** A server cannot be called: it may be elsewhere by now. */
  #lost(): void {
    this.#refreshAt = Math.min(this.#refreshAt, this.#refreshedAt + minRefreshMs);
  }

  #sweep(now: number): void {
    const { outliers } = this.#parts;
    if (outliers === false) return;
    this.#sweepAt = now + outliers.intervalMs;
    const members = [...this.#members.values()];
    sweep(
      members.map(({ standing }) => standing),
      outliers,
      now,
    );
    this.#choose();
  }

  #choose(): void {
    this.#callable = [...this.#members.values()].filter(({ standing }) => !standing.isEjected);
  }
}

function closed(): ConnectError {
  return new ConnectError("the client is closed", Code.Canceled);
}
