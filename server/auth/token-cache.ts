import { hash } from "node:crypto";

/** Remembers what tokens were found to say, so that a signature is verified once and not at each call. */
export interface TokenCache<T> {
  /** What was remembered of a token, unless its time is over. */
  get(token: string): T | undefined;
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

/** Creates a cache that holds tokens by their SHA-256 alone: a heap dump of it opens nothing. */
export function createTokenCache<T>({ maxEntries = 10_000, now = Date.now }: TokenCacheOptions = {}): TokenCache<T> {
  const entries = new Map<string, { readonly value: T; readonly untilMs: number }>();
  return {
    get(token) {
      const key = hash("sha256", token, "base64");
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (now() < entry.untilMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(token, value, untilMs) {
      if (entries.size >= maxEntries) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest);
          break;
        }
      }
      entries.set(hash("sha256", token, "base64"), { value, untilMs });
    },
    clear: () => entries.clear(),
    get size() {
      return entries.size;
    },
  };
}
