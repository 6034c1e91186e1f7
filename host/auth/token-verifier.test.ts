import assert from "node:assert/strict";
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { test } from "node:test";
import { type JWTPayload, SignJWT } from "jose";
import { createSecret, createSecretKeys } from "./keys.ts";
import { mintToken, parseTtl } from "./mint-token.ts";
import { createTokenVerifier, type Identity, type TokenVerifierOptions } from "./token-verifier.ts";

const secret = createSecretKey(randomBytes(32));
const start = 1_800_000_000;

function verifier(options: Omit<TokenVerifierOptions, "keys"> = {}) {
  return createTokenVerifier({ keys: createSecretKeys(secret), now: () => start * 1000, ...options });
}
async function verify(token: string, options?: Omit<TokenVerifierOptions, "keys">): Promise<Identity> {
  return verifier(options).verify(token);
}
function sign(payload: JWTPayload, header: Record<string, unknown> = {}) {
  return new SignJWT(payload).setProtectedHeader({ alg: "HS256", ...header }).sign(secret);
}

const good = { sub: "alice", role: "editor", exp: start + 60 };

test("a good token says who, as what, and until when, the tolerance included", async () => {
  assert.deepEqual(await verify(await sign(good)), {
    subject: "alice",
    role: "editor",
    expiresAtMs: (start + 90) * 1000,
  });
});

test("a role in any spelling but ours is none", async () => {
  for (const role of ["Admin", "root", "", 3, ["admin"], { admin: true }, null]) {
    assert.equal((await verify(await sign({ ...good, role }))).role, undefined, JSON.stringify(role));
  }
});

const refused: [string, JWTPayload, string][] = [
  ["without exp", { sub: "alice" }, 'token claim "exp" is missing'],
  ["without sub", { exp: good.exp }, 'token claim "sub" is missing'],
  ["with an empty sub", { ...good, sub: "" }, 'token claim "sub" must have 1 to 255 characters'],
  [
    "with a sub of 256 characters",
    { ...good, sub: "x".repeat(256) },
    'token claim "sub" must have 1 to 255 characters',
  ],
  [
    "with a sub that is no text",
    { ...good, sub: 7 as unknown as string },
    'token claim "sub" must have 1 to 255 characters',
  ],
  ["that expired beyond the tolerance", { ...good, exp: start - 30 }, "token expired"],
  ["that is not valid yet", { ...good, nbf: start + 31 }, 'token claim "nbf" is not accepted'],
  ["with an exp beyond all dates", { ...good, exp: 8_640_000_000_001 }, 'token claim "exp" is not accepted'],
  ["with an exp that is no number", { ...good, exp: "soon" as unknown as number }, 'token claim "exp" is not accepted'],
];
for (const [what, payload, message] of refused) {
  test(`a token ${what} is refused`, async () => {
    await assert.rejects(verify(await sign(payload)), { name: "TokenError", message });
  });
}

test("an exp that JSON makes infinite does not make a token that never ends", async () => {
  const input = `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${Buffer.from('{"sub":"alice","exp":1e400}').toString("base64url")}`;
  const signature = createHmac("sha256", secret).update(input).digest("base64url");
  await assert.rejects(verify(`${input}.${signature}`), { message: 'token claim "exp" is not accepted' });
});

test("clocks may differ by 30 s", async () => {
  assert.ok(await verify(await sign({ ...good, exp: start - 29 })));
  assert.ok(await verify(await sign({ ...good, nbf: start + 30 })));
});

test("issuer and audience must be the ones that are set", async () => {
  const options = { issuer: "https://id.example.com", audience: "concierge" };
  const right = { ...good, iss: options.issuer, aud: ["other", "concierge"] };
  assert.ok(await verify(await sign(right), options));
  for (const wrong of [{ iss: "https://id.example.org" }, { iss: undefined }, { aud: "other" }, { aud: undefined }]) {
    await assert.rejects(verify(await sign({ ...right, ...wrong }), options), { name: "TokenError" });
  }
});

test("a critical extension is refused", async () => {
  const header = Buffer.from('{"alg":"HS256","crit":["exp2"],"exp2":1}').toString("base64url");
  const [, payload, signature] = (await sign(good)).split(".");
  await assert.rejects(verify(`${header}.${payload}.${signature}`), { message: "token is malformed" });
});

test("a token of more than 8,192 characters is refused unread", () => {
  assert.throws(() => verifier().verify("x".repeat(8193)), { message: "token of 8193 characters: the limit is 8192" });
});

for (const connection of [undefined, {}]) {
  const where = connection ? ", over the same connection" : "";
  test(`a known token is answered at once, and refused when it ends${where}`, async () => {
    let now = start * 1000;
    const { verify } = verifier({ now: () => now });
    const token = await sign(good);
    const identity = await verify(token, connection);
    assert.equal(verify(token, connection), identity);
    now = identity.expiresAtMs - 1;
    assert.equal(verify(token, connection), identity);
    now = identity.expiresAtMs;
    await assert.rejects(async () => verify(token, connection), { message: "token expired" });
  });
}

test("a token is three parts in base64url without padding, before anybody verifies it", async () => {
  const right = await sign(good);
  const others = [`${right}=`, `${right}.`, `.${right}`, right.slice(0, right.lastIndexOf(".")), `${right}.a.b`];
  for (const token of ["", "a b", "a,b", "a.b.c\t", "a=b", "ä", '"a"', "a.b.c+", "a.b/.c", ...others]) {
    assert.throws(() => verifier().verify(token), { name: "TokenError", message: "token is malformed" }, token);
  }
});

test("a known token is verified anew after five minutes", async () => {
  let now = start * 1000;
  const { verify } = verifier({ now: () => now });
  const token = await sign({ ...good, exp: start + 3600 });
  const identity = await verify(token);
  now += 299_999;
  assert.equal(verify(token), identity);
  now += 1;
  assert.ok(verify(token) instanceof Promise);
});

test("a minted token is a good one", async () => {
  const options = { issuer: "concierge", audience: "tests", now: () => start * 1000 };
  const token = await mintToken({ secret, subject: "1", role: "admin", ttlSeconds: parseTtl("15m"), ...options });
  const identity = await verify(token, options);
  assert.deepEqual(identity, { subject: "1", role: "admin", expiresAtMs: (start + 930) * 1000 });
});

test("a time to live is a number with a unit, within a year", () => {
  assert.deepEqual(["1s", "15m", "1h", "365d"].map(parseTtl), [1, 900, 3600, 31_536_000]);
  for (const text of ["", "0s", "1", "1w", "-1h", "366d", "1.5h"]) {
    assert.throws(() => parseTtl(text), { message: `ttl "${text}": must be 1s to 365d, such as 15m or 1h` });
  }
});

test("a secret has 32 bytes or more, and an error does not quote it", () => {
  assert.equal(createSecret("ü".repeat(16)).symmetricKeySize, 32);
  assert.throws(() => createSecret("hunter2".repeat(4)), { message: "secret of 28 bytes: must have at least 32" });
});
