import type { KeyObject } from "node:crypto";
import { createSecret } from "./keys.ts";
import type { Role } from "./role.ts";

/** What a token is to say. */
export interface MintOptions {
  /** What the server verifies by; as text 32 bytes or more. */
  readonly secret: KeyObject | string;
  /** Who the bearer is: the claim `sub`. */
  readonly subject: string;
  /** None: the bearer is known, and may do what is public, or is about itself. */
  readonly role?: Role | undefined;
  /** From now until the token ends. */
  readonly ttlSeconds: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/** Signs a token with the server's own secret (HS256), for development and tests: a provider signs all others. */
export async function mintToken(options: MintOptions): Promise<string> {
  const { secret, subject, role, ttlSeconds, issuer, audience, now = Date.now } = options;
  // Loaded where it is needed: a server that mints none does without.
  const { SignJWT } = await import("jose");
  const seconds = Math.floor(now() / 1000);
  const token = new SignJWT(role && { role })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ttlSeconds);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(typeof secret === "string" ? createSecret(secret) : secret);
}

/** Reads a time to live: `90s`, `15m`, `1h` or `7d`, from a second to a year. Throws a `RangeError` for anything else. */
export function parseTtl(text: string): number {
  const [, digits, unit] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? ""] ?? Number.NaN);
  if (seconds >= 1 && seconds <= 31_536_000) return seconds;
  throw new RangeError(`ttl "${text}": must be 1s to 365d, such as 15m or 1h`);
}
