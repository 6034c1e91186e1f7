import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { exportJWK, type JWTPayload, SignJWT } from "jose";
import type { Provider } from "../../host/auth/provider.fixture.ts";

/** What a client may send in place of a good token. */
export interface BadToken {
  readonly what: string;
  /** The `authorization` headers. */
  readonly headers: readonly string[];
}

/** What all tokens of a test have in common. */
export interface Claims {
  readonly issuer: string;
  readonly audience: string;
}

function base64url(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** Signs anything, as nobody's library would. */
function signRaw(header: object, payload: unknown, sign: (input: string) => string): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${sign(input)}`;
}

function hmac(hash: string, key: string | KeyObject) {
  return (input: string) => createHmac(hash, key).update(input).digest("base64url");
}

/** The claims of a token that is good, for as long as a test takes; null is no role. */
export function goodClaims({ issuer, audience }: Claims, subject = "7", role: string | null = "admin"): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return { sub: subject, iss: issuer, aud: audience, iat: now, exp: now + 3600, ...(role !== null && { role }) };
}

/** Tokens that must not get anybody in: malformed ones, unsigned ones, wrongly signed ones, and ones that say too little. */
export async function badTokens(provider: Provider, common: Claims): Promise<BadToken[]> {
  const good = goodClaims(common);
  const token = await provider.sign(good);
  const [head = "", body = "", signature = ""] = token.split(".");
  const pem = await provider.publicPem();
  const now = Math.floor(Date.now() / 1000);
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const strangerJwk = await exportJWK(stranger.publicKey);
  const { kid } = JSON.parse(Buffer.from(head, "base64url").toString());
  const bySelf = (header: object, payload = good) =>
    new SignJWT(payload).setProtectedHeader({ alg: "ES256", ...header }).sign(stranger.privateKey);
  const without = (...names: string[]) =>
    provider.sign(Object.fromEntries(Object.entries(good).filter(([name]) => !names.includes(name))));

  const tokens: Record<string, string | Promise<string>> = {
    "cut after the header": head,
    "cut after the payload": `${head}.${body}.`,
    "without a signature": `${head}.${body}`,
    "with a shortened signature": token.slice(0, -4),
    "with a part too many": `${token}.${signature}`,
    "with a changed payload": `${head}.${base64url({ ...good, sub: "root" })}.${signature}`,
    "with the algorithm none": signRaw({ alg: "none" }, good, () => ""),
    "with the algorithm None": signRaw({ alg: "None", kid }, good, () => signature),
    "signed with the public key as a secret": signRaw({ alg: "HS256", kid }, good, hmac("sha256", pem)),
    "signed with the public key as a longer secret": signRaw({ alg: "HS512", kid }, good, hmac("sha512", pem)),
    "signed with an empty secret": signRaw({ alg: "HS256" }, good, hmac("sha256", "")),
    "of an unknown key id": provider.sign(good, { kid: "nobody" }),
    "of a key id that is a path": provider.sign(good, { kid: "../../../../dev/null" }),
    "of a stranger under a known key id": bySelf({ kid }),
    "with a jku header": bySelf({ kid: "mine", jku: "http://127.0.0.1:9/jwks.json" }),
    "with an x5u header": bySelf({ kid: "mine", x5u: "http://127.0.0.1:9/cert.pem" }),
    "with a jwk header": bySelf({ kid: "mine", jwk: strangerJwk }),
    "with a jwk header under a known key id": bySelf({ kid, jwk: strangerJwk }),
    "with a critical extension": signRaw({ alg: "ES256", kid, crit: ["x"], x: 1 }, good, () => signature),
    "that has expired": provider.sign({ ...good, exp: now - 31 }),
    "that is not valid yet": provider.sign({ ...good, nbf: now + 3600 }),
    "without exp": without("exp"),
    "without sub": without("sub"),
    "with an empty sub": provider.sign({ ...good, sub: "" }),
    "with an exp that is a text": provider.sign({ ...good, exp: "never" as unknown as number }),
    "of another issuer": provider.sign({ ...good, iss: "https://evil.example.com" }),
    "without an issuer": without("iss"),
    "for another audience": provider.sign({ ...good, aud: "somebody-else" }),
    "without an audience": without("aud"),
    "whose payload is a list": signRaw({ alg: "ES256", kid }, [], () => signature),
    "that is no base64": "a!b.c!d.e!f",
    "of 9,000 characters": "x".repeat(9000),
  };
  const bad: BadToken[] = [
    { what: "an empty header", headers: [""] },
    { what: "a scheme without a token", headers: ["Bearer"] },
    { what: "another scheme", headers: [`Basic ${Buffer.from("alice:secret").toString("base64")}`] },
    { what: "a token without a scheme", headers: [token] },
    { what: "two tokens in a header", headers: [`Bearer ${token}, Bearer ${token}`] },
    { what: "two headers, both of them good", headers: [`Bearer ${token}`, `Bearer ${token}`] },
    { what: "two headers, the first of them good", headers: [`Bearer ${token}`, "Bearer x"] },
  ];
  for (const [what, made] of Object.entries(tokens)) {
    bad.push({ what: `a token ${what}`, headers: [`Bearer ${await made}`] });
  }
  return bad;
}
