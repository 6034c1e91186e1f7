import { hash } from "node:crypto";

/** Remembers what tokens were found to say, so that a signature is verified once and not at each call. */
export interface TokenCache<T> {
  /** What was remembered of a token, unless its time is over. `connection` is what the token came over. */
  get(token: string, connection?: object): T | undefined;
  /** Remembers until `untilMs` on the clock given. */
  set(token: string, value: T, untilMs: number): void;
  clear(): void;
  readonly size: number;
}

/** What {@link createTokenCache} needs to know. */
export interface TokenCacheOptions {
  /** Tokens at most; the oldest go first. Default: 10,000, about 3 MB. */
  readonly maxEntries?: number;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

interface Entry<T> {
  readonly value: T;
  readonly untilMs: number;
}

/**
 * Creates a cache that holds tokens by their SHA-256 alone: a heap dump of it opens nothing. A connection's last token is
 * held beside it for as long as the connection is, as most send the same one again: to compare the two costs a tenth.
 */
export function createTokenCache<T>({ maxEntries = 10_000, now = Date.now }: TokenCacheOptions = {}): TokenCache<T> {
  const entries = new Map<string, Entry<T>>();
  let lastOf = new WeakMap<object, { readonly token: string; readonly entry: Entry<T> }>();

  return {
    get(token, connection) {
      const last = connection && lastOf.get(connection);
      if (last?.token === token && now() < last.entry.untilMs) return last.entry.value;
      const key = keyOf(token);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (now() >= entry.untilMs) {
        entries.delete(key);
        return undefined;
      }
      if (connection) lastOf.set(connection, { token, entry });
      return entry.value;
    },
    set(token, value, untilMs) {
      if (entries.size >= maxEntries) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest);
          break;
        }
      }
      entries.set(keyOf(token), { value, untilMs });
    },
    clear() {
      entries.clear();
      lastOf = new WeakMap();
    },
    get size() {
      return entries.size;
    },
  };
}

function keyOf(token: string): string {
  return hash("sha256", token, "base64");
}
