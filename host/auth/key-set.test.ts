import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { exportJWK } from "jose";
import { claims, createVerifier, shareProvider } from "./remote-keys.fixture.ts";

const provider = await shareProvider();

const secretKey = { kty: "oct", k: "c2VjcmV0", alg: "HS256" };
for (const [what, answer] of Object.entries({
  "something that is no JSON": "garbage",
  "another address": "redirect",
  "more than there is room for": "flood",
  "no key": { keys: [] },
  "no list of keys": { keys: {} },
  "a secret": { keys: [secretKey] },
  "no key that is well-formed": { keys: [null, 7, "key", { kty: "RSA" }, { kty: "EC", crv: "P-256", x: "!", y: "?" }] },
} as const)) {
  test(`an answer with ${what} leaves the last good keys as they are`, async () => {
    const { clock, keys, troubles, verify } = createVerifier(provider);
    const [first, second] = [await provider.sign(claims), await provider.sign({ ...claims, jti: "2" })];
    await verify(first);
    provider.answer(answer);
    clock.ms += 600_000;
    await keys.refresh();
    assert.equal(troubles.length, 1);
    assert.equal((await verify(first)).subject, "alice");
    assert.equal((await verify(second)).subject, "alice");
  });
}

test("a key that tokens cannot be checked by hurts none beside it, and its own tokens are refused", async () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const other = { ...provider.jwk, kid: "other" };
  const unusable = {
    "for encryption": { ...other, use: "enc" },
    "for another operation": { ...other, use: undefined, key_ops: ["deriveKey"] },
    "of another algorithm": { ...other, alg: "ES384" },
    "with a point that is not on its curve": { ...other, x: other.y },
    private: { ...(await exportJWK(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)), kid: "other" },
    "of too few bits": { ...weak.publicKey.export({ format: "jwk" }), kid: "other" },
    secret: { ...secretKey, kid: "other" },
  };
  const token = await provider.sign(claims);
  const [head = "", ...rest] = (await provider.sign(claims, { kid: "other" })).split(".");
  for (const [what, key] of Object.entries(unusable)) {
    provider.answer({ keys: [key, provider.jwk] });
    const { verify } = createVerifier(provider);
    assert.equal((await verify(token)).subject, "alice", what);
    const refused = { name: "TokenError", message: "token is not signed by a known key" };
    await assert.rejects(verify([head, ...rest].join(".")), refused, what);
    const asRs256 = Buffer.from('{"alg":"RS256","kid":"other"}').toString("base64url");
    await assert.rejects(verify([asRs256, ...rest].join(".")), refused, what);
  }
});

test("where two keys fit a token it must name one of them", async () => {
  const token = await provider.sign(claims, { kid: undefined });
  provider.answer({ keys: [{ ...provider.jwk, kid: "one" }, provider.jwk] });
  const { verify } = createVerifier(provider);
  await assert.rejects(verify(token), { message: "token must name by its kid the one key that signed it" });
  assert.equal((await verify(await provider.sign(claims))).subject, "alice");
});

test("a token without a key id is taken where one key fits it", async () => {
  const { verify } = createVerifier(provider);
  assert.equal((await verify(await provider.sign(claims, { kid: undefined }))).subject, "alice");
});
