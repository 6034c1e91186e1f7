import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Keys } from "./keys.ts";
import { type Role, roleOf } from "./role.ts";
import { createTokenCache } from "./token-cache.ts";
import { TokenError } from "./token-error.ts";

/** What a valid token says of its bearer. */
export interface Identity {
  readonly subject: string;
  readonly role: Role | undefined;
  /** From here on the token is refused: its `exp` and the tolerance, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Judges tokens. */
export interface TokenVerifier {
  /**
   * Throws, or rejects with, `TokenError` or `KeysUnavailableError`. Answers at once where it knows the token; soonest where
   * that was the last one of its `connection`.
   */
  verify(token: string, connection?: object): Identity | Promise<Identity>;
}

/** What {@link createTokenVerifier} needs to know. */
export interface TokenVerifierOptions {
  readonly keys: Keys;
  /** `iss` must be this. Unset: anything. */
  readonly issuer?: string | undefined;
  /** `aud` must be or hold this. Unset: anything. */
  readonly audience?: string | undefined;
  /** The claim that says what the bearer may do, of a token that is good. Default: `role`. What is no role of ours is none. */
  readonly roleOf?: ((claims: JWTPayload) => unknown) | undefined;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Characters of a token: identity providers stay below 4 KB, and all headers together have 16 KB. */
export const maxTokenLength = 8192;

/** A JWS in its compact form, RFC 7515 section 7.1: three parts in base64url without padding. */
const compactForm = /^[\w-]+\.[\w-]*\.[\w-]*$/;

/** Seconds by which clocks may differ. */
export const toleranceSeconds = 30;

/** The last moment there is a date for, in milliseconds since the epoch: ECMAScript, "Time Values and Time Range". */
const maxDateMs = 8.64e15;

/** How long a verified token is taken on trust, so that a key that was withdrawn is noticed. */
const maxTrustMs = 300_000;

/** Characters of a subject: it is a key of the limits. OpenID Connect Core section 2 allows 255. */
const maxSubjectLength = 255;

/**
 * Creates the judge of bearer tokens (RFC 7519, after the advice of RFC 8725): signed by one of `keys` with one of their
 * algorithms, with `exp` and `sub`, `nbf` honoured, no critical extensions. Header fields that point to keys (`jku`,
 * `x5u`, `jwk`) are not looked at.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { keys, issuer, audience, roleOf: claimOf = ({ role }) => role, now = Date.now } = options;
  const cache = createTokenCache<Identity>({ now });
  let epoch = keys.epoch();

  async function verify(token: string, started: object | undefined): Promise<Identity> {
    const { payload } = await jwtVerify(token, header => keys.find(header), {
      algorithms: [...keys.algorithms],
      requiredClaims: ["exp", "sub"],
      clockTolerance: toleranceSeconds,
      currentDate: new Date(now()),
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }).catch(error => {
      throw toTokenError(error);
    });
    const identity = { ...toIdentity(payload), role: roleOf(claimOf(payload)) };
    // The keys may be others by now; then the next call asks again.
    if (started === epoch && epoch === keys.epoch())
      cache.set(token, identity, Math.min(identity.expiresAtMs, now() + maxTrustMs));
    return identity;
  }

  return {
    verify(token, connection) {
      if (token.length > maxTokenLength) {
        throw new TokenError("TOKEN_MALFORMED", `token of ${token.length} characters: the limit is ${maxTokenLength}`);
      }
      const current = keys.epoch();
      if (current !== epoch) {
        cache.clear();
        epoch = current;
      }
      const known = cache.get(token, connection);
      if (known) return known;
      if (!compactForm.test(token)) throw new TokenError("TOKEN_MALFORMED", "token is malformed");
      return verify(token, current);
    },
  };
}

function toIdentity({ sub, exp = 0 }: JWTPayload): Omit<Identity, "role"> {
  if (typeof sub !== "string" || sub === "" || sub.length > maxSubjectLength) {
    throw new TokenError("TOKEN_NOT_ACCEPTED", `token claim "sub" must have 1 to ${maxSubjectLength} characters`);
  }
  const expiresAtMs = (exp + toleranceSeconds) * 1000;
  // JSON makes 1e400 infinite: such a token would never end.
  if (expiresAtMs > maxDateMs) throw new TokenError("TOKEN_NOT_ACCEPTED", 'token claim "exp" is not accepted');
  return { subject: sub, expiresAtMs };
}

/** Says what is wrong without a word of the token: its claims are personal data. */
function toTokenError(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new TokenError("TOKEN_EXPIRED", "token expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    const what = reason === "missing" ? "is missing" : "is not accepted";
    return new TokenError("TOKEN_NOT_ACCEPTED", `token claim "${claim}" ${what}`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new TokenError("TOKEN_NOT_ACCEPTED", "token is signed with an algorithm that is not allowed");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return new TokenError("TOKEN_NOT_ACCEPTED", "token is not signed by a known key");
  }
  if (error instanceof errors.JOSEError || error instanceof TypeError) {
    return new TokenError("TOKEN_MALFORMED", "token is malformed");
  }
  return error;
}
