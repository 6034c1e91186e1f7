import type { KeyObject } from "node:crypto";
import type { JWTPayload } from "jose";

/** Who signs tokens (JWT), and what they must say. One of `secret`, `publicKey` and `jwksUrl` is to be given. */
export interface AuthOptions {
  /** Signs and verifies (HS256): 32 bytes or more in UTF-8. */
  readonly secret?: string | KeyObject | undefined;
  /** Verifies, in PEM (`BEGIN PUBLIC KEY` or `BEGIN CERTIFICATE`): RSA of 2,048 bits or more, P-256, or Ed25519. */
  readonly publicKey?: string | undefined;
  /** The key set of an identity provider (RS256, ES256, EdDSA): https, or http on loopback. It is fetched in the background. */
  readonly jwksUrl?: string | URL | undefined;
  /** What a token's `iss` must be. Defaults to anything. */
  readonly issuer?: string | undefined;
  /** What a token's `aud` must be or hold. Defaults to anything. */
  readonly audience?: string | undefined;
  /**
   * Finds the role in a token's claims: "viewer", "editor" or "admin"; what is none of these is no role. Defaults to the claim
   * `role`.
   */
  readonly roleOf?: ((claims: JWTPayload) => unknown) | undefined;
}
