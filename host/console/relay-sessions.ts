import { randomBytes } from "node:crypto";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import { refuse } from "../auth/refusal.ts";
import type { RelayExchange } from "./relay-exchange.ts";

/** How many calls may be relayed at a time. */
export interface RelayLimits {
  readonly maxSessionsPerCaller: number;
  readonly maxSessions: number;
}

/** A page has a few; each may hold two messages of a MiB. */
export const defaultRelayLimits: RelayLimits = Object.freeze({ maxSessionsPerCaller: 16, maxSessions: 64 });

/** As many as no one can try out: 192 bits, 32 characters of base64url. */
const idBytes = 24;

/** The calls that are relayed now, by names that their callers alone can use. */
export class RelaySessions {
  readonly #limits: RelayLimits;
  readonly #open = new Map<string, { readonly caller: string; readonly exchange: RelayExchange }>();
  /** By caller. */
  readonly #counts = new Map<string, number>();
  #count = 0;

  constructor(limits: RelayLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a call of a caller, until the function that is returned is called. Throws RESOURCE_EXHAUSTED where the caller, or
   * all callers together, have too many; `values` are those of its Open.
   */
  admit(caller: string, values: ContextValues): () => void {
    const { maxSessions, maxSessionsPerCaller } = this.#limits;
    const count = this.#counts.get(caller) ?? 0;
    if (count >= maxSessionsPerCaller) throw tooMany(values, "of one caller", maxSessionsPerCaller);
    if (this.#count >= maxSessions) throw tooMany(values, "of all callers", maxSessions);
    this.#counts.set(caller, count + 1);
    this.#count++;
    let admitted = true;
    return () => {
      if (!admitted) return;
      admitted = false;
      const left = (this.#counts.get(caller) ?? 1) - 1;
      if (left > 0) this.#counts.set(caller, left);
      else this.#counts.delete(caller);
      this.#count--;
    };
  }

  /** Opens a session, and returns its name. */
  add(caller: string, exchange: RelayExchange): string {
    const id = randomBytes(idBytes).toString("base64url");
    this.#open.set(id, { caller, exchange });
    return id;
  }

  /** Returns the call of a caller's session. Throws NOT_FOUND where there is none: another's is none. */
  find(id: string, caller: string): RelayExchange {
    const session = this.#open.get(id);
    if (session?.caller === caller) return session.exchange;
    throw new ConnectError("no such session is open", Code.NotFound);
  }

  delete(id: string): void {
    this.#open.delete(id);
  }
}

function tooMany(values: ContextValues, whose: string, limit: number): ConnectError {
  return refuse(values, {
    code: Code.ResourceExhausted,
    message: `more than ${limit} relayed calls ${whose} at a time`,
    reason: "TOO_MANY_STREAMS",
    metadata: { limit: String(limit) },
  });
}
