import { createSecretKey, type KeyObject } from "node:crypto";
import type { CryptoKey, JWSHeaderParameters } from "jose";

/** What tokens are checked with. */
export interface Keys {
  /** The signature algorithms a token may name; all of one family, so that a public key is never taken for a secret. */
  readonly algorithms: readonly string[];
  /**
   * Stands for the keys as they are: another object, or none, once they have changed or are too old to be trusted. What was
   * verified under one object does not hold under another.
   */
  epoch(): object | undefined;
  /** The key for a token's header. Looks at `alg` and `kid` alone. Throws `TokenError` or `KeysUnavailableError`. */
  find(header: JWSHeaderParameters): KeyObject | Promise<CryptoKey>;
}

/** Bytes of an HS256 secret: as long as the hash, RFC 7518 section 3.2. */
export const minSecretBytes = 32;

/** Creates a secret key from its text in UTF-8. Throws a `RangeError` below 32 bytes, which does not quote the text. */
export function createSecret(text: string): KeyObject {
  const bytes = Buffer.from(text);
  if (bytes.length < minSecretBytes) {
    throw new RangeError(`secret of ${bytes.length} bytes: must have at least ${minSecretBytes}`);
  }
  return createSecretKey(bytes);
}

/** One secret that signs and verifies (HS256); a token's `kid` has no meaning. */
export function createSecretKeys(secret: KeyObject): Keys {
  const epoch = {};
  return { algorithms: ["HS256"], epoch: () => epoch, find: () => secret };
}
