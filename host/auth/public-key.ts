import { createPublicKey, type KeyObject } from "node:crypto";
import { minRsaBits } from "./key-set.ts";
import type { Keys } from "./keys.ts";

/**
 * One public key that verifies, from PEM text (`BEGIN PUBLIC KEY` or `BEGIN CERTIFICATE`): RSA of 2,048 bits or more (RS256),
 * P-256 (ES256) or Ed25519 (EdDSA). A token's `kid` has no meaning. Throws a `TypeError` for any other text, private keys among it.
 */
export function createPublicKeys(pem: string): Keys {
  const key = readKey(pem);
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) {
    throw new TypeError(`the key must be RSA of ${minRsaBits} bits or more, P-256 or Ed25519`);
  }
  const epoch = {};
  return { algorithms: [algorithm], epoch: () => epoch, find: () => key };
}

function readKey(pem: string): KeyObject {
  // Node would derive the public key from it, and the private one would stay in the settings of a server.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) throw new TypeError("the key must be the public one");
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new TypeError("the key must be a public key or a certificate in PEM", { cause });
  }
}

/** The algorithm of {@link Keys.algorithms} that a key is for; undefined for keys that are of no use or too weak. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === "rsa") {
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= minRsaBits ? "RS256" : undefined;
  }
  if (asymmetricKeyType === "ec") return asymmetricKeyDetails?.namedCurve === "prime256v1" ? "ES256" : undefined;
  return asymmetricKeyType === "ed25519" ? "EdDSA" : undefined;
}
