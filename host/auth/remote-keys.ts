import { createLocalJWKSet, errors, type LocalJWKSet } from "jose";
import { readKeySet, remoteAlgorithms } from "./key-set.ts";
import type { Keys } from "./keys.ts";
import { KeysUnavailableError, TokenError } from "./token-error.ts";

/** What {@link createRemoteKeys} needs to know. */
export interface RemoteKeysOptions {
  /** The provider's JSON Web Key Set. */
  readonly url: URL;
  /** Told why keys could not be fetched, and what follows, in a message for people. */
  readonly onError?: (error: Error) => void;
  /** Milliseconds a fetch may take. Default: 5,000. */
  readonly timeoutMs?: number;
  /** Milliseconds on a clock that never goes back. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Keys that are fetched, and can be fetched ahead of the first call. */
export interface RemoteKeys extends Keys {
  /** Fetches now, unless a fetch is under way or has only just been. Never rejects. */
  refresh(): Promise<void>;
}

/** Between two fetches for keys that are not known: who makes up key ids must not make us flood the provider. */
const cooldownMs = 30_000;

/** Between two fetches while there are no keys at all, as nobody is served until then. */
const emptyCooldownMs = 5_000;

/** Age at which keys are fetched anew in the background, so that a withdrawn one is dropped. */
const refreshAfterMs = 600_000;

/** Age up to which the last good keys serve while the provider is down. */
const maxAgeMs = 3_600_000;

/** Bytes of a key set: a hundred RSA keys with their certificates. */
const maxBytes = 524_288;

/**
 * Creates the keys of an identity provider: cached, one fetch at a time, and no call with a known key ever waits for one.
 *
 * A token with an unknown `kid` has the keys fetched again, once in 30 s at most. While the provider is down, the last good
 * keys serve for an hour; tokens with other keys cannot be judged then.
 */
export function createRemoteKeys({
  url,
  onError,
  timeoutMs = 5_000,
  now = () => performance.now(),
}: RemoteKeysOptions): RemoteKeys {
  let current:
    | { readonly find: LocalJWKSet; readonly json: string; readonly epoch: object; fetchedAt: number }
    | undefined;
  let lastTry = Number.NEGATIVE_INFINITY;
  /** Whether the last fetch was of no use. */
  let down = false;
  let pending: Promise<void> | undefined;

  function usable() {
    return current !== undefined && now() - current.fetchedAt < maxAgeMs ? current : undefined;
  }
  async function fetchKeys() {
    try {
      const json = await fetchText(url, timeoutMs);
      // Keys that are as they were keep their epoch, and with it what was verified by them.
      if (current?.json === json) current.fetchedAt = now();
      else current = { find: createLocalJWKSet(await readKeySet(json)), json, epoch: {}, fetchedAt: now() };
      down = false;
    } catch (cause) {
      down = true;
      const then = usable() ? "the last good ones serve on" : "calls with a token end with UNAVAILABLE until they can";
      const message = `the keys at ${url.origin}${url.pathname} cannot be fetched: ${reasonOf(cause)}; ${then}`;
      onError?.(new Error(message, { cause }));
    } finally {
      pending = undefined;
    }
  }
  function refresh() {
    const wait = usable() ? cooldownMs : emptyCooldownMs;
    if (pending === undefined && now() - lastTry >= wait) {
      lastTry = now();
      pending = fetchKeys();
    }
    return pending ?? Promise.resolve();
  }

  return {
    algorithms: remoteAlgorithms,
    refresh,
    epoch() {
      const keys = usable();
      if (keys === undefined || now() - keys.fetchedAt >= refreshAfterMs) void refresh();
      return keys?.epoch;
    },
    async find(header) {
      for (let attempt = 1; ; attempt++) {
        const keys = usable();
        try {
          if (keys) return await keys.find(header);
        } catch (error) {
          if (error instanceof errors.JWKSMultipleMatchingKeys) {
            throw new TokenError("TOKEN_NOT_ACCEPTED", "token must name by its kid the one key that signed it");
          }
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
          // The key may be a new one.
          if (attempt === 2) throw down ? new KeysUnavailableError(cooldownMs) : error;
        }
        if (attempt === 2) throw new KeysUnavailableError(emptyCooldownMs);
        await refresh();
      }
    },
  };
}

/** What a fetch failed by in the end: "fetch failed" is all that the outermost error says. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  // Where several addresses were tried, the error of all of them says its code alone.
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}

/** Throws on any status but 200, a redirect, too much text, or too long a wait. */
async function fetchText(url: URL, timeoutMs: number): Promise<string> {
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer has status ${response.status}: must be 200`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new RangeError(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
