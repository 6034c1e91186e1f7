import { importJWK, type JSONWebKeySet, type JWK } from "jose";

/** The algorithms that an identity provider may sign with: RFC 8725 and all providers can agree on them. None is symmetric. */
export const remoteAlgorithms: readonly string[] = ["RS256", "ES256", "EdDSA"];

/** Bits that an RSA key has at least: RFC 7518 section 3.3. */
export const minRsaBits = 2048;

/**
 * Reads the keys that tokens may be signed with from an identity provider's JSON Web Key Set (RFC 7517). Others are dropped,
 * so that no token meets them: keys for another use or algorithm, weak or broken ones, secrets and private keys, which have
 * no place in a public document. Throws where none is left.
 */
export async function readKeySet(json: string): Promise<JSONWebKeySet> {
  const document: unknown = JSON.parse(json);
  const listed = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new Error("the answer is no key set");
  const usable = await Promise.all(listed.map(isUsable));
  const keys = listed.filter((_, index) => usable[index]);
  if (keys.length === 0)
    throw new Error(`the answer holds ${listed.length} keys, and none that tokens can be checked by`);
  return { keys };
}

async function isUsable(key: JWK | null): Promise<boolean> {
  const alg = key && algorithmOf(key);
  if (!alg || (key.alg ?? alg) !== alg || (key.use ?? "sig") !== "sig" || key.d !== undefined) return false;
  try {
    if (key.key_ops?.includes("verify") === false) return false;
    const imported = await importJWK(key, alg);
    if (imported instanceof Uint8Array) return false;
    const { modulusLength = minRsaBits } = imported.algorithm as { modulusLength?: number };
    return modulusLength >= minRsaBits;
  } catch {
    return false;
  }
}

/** The one of our algorithms that keys of this type are for. */
function algorithmOf({ kty, crv }: JWK): string | undefined {
  if (kty === "RSA") return "RS256";
  if (kty === "EC" && crv === "P-256") return "ES256";
  return kty === "OKP" && crv === "Ed25519" ? "EdDSA" : undefined;
}
