import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../../test/support/free-port.ts";
import { claims, createVerifier, shareProvider } from "./remote-keys.fixture.ts";
import { createRemoteKeys } from "./remote-keys.ts";

const provider = await shareProvider();

for (const alg of ["RS256", "ES256", "EdDSA"] as const) {
  test(`a token signed with ${alg} is accepted, with one fetch for any number of them`, async () => {
    await provider.rotate(alg);
    const { verify, fetches } = createVerifier(provider);
    const tokens = await Promise.all([1, 2, 3].map(jti => provider.sign({ ...claims, jti: String(jti) })));
    const identities = await Promise.all(tokens.map(verify));
    assert.deepEqual(identities[2], { subject: "alice", role: "admin", expiresAtMs: (claims.exp + 30) * 1000 });
    assert.equal(fetches(), 1);
  });
}

test("a token that is known is answered at once, until the keys are others", async () => {
  const { clock, keys, verify, verifySync } = createVerifier(provider);
  const token = await provider.sign(claims);
  const connection = {};
  // The first one fetched the keys, and may have been verified with ones before them.
  await verify(token);
  await verify(token);
  for (let call = 0; call < 2; call++) assert.ok(!(verifySync(token, connection) instanceof Promise));
  await provider.rotate();
  clock.ms += 600_000;
  await keys.refresh();
  const refused = { message: "token is not signed by a known key" };
  await assert.rejects(verify(token), refused);
  await assert.rejects(async () => verifySync(token, connection), refused);
});

test("a new key is taken up without a restart, and the withdrawn one is refused", async () => {
  const { clock, verify, fetches } = createVerifier(provider);
  const old = await provider.sign(claims);
  await verify(old);
  await provider.rotate();
  clock.ms += 30_000;
  assert.equal((await verify(await provider.sign(claims))).subject, "alice");
  assert.equal(fetches(), 2);
  await assert.rejects(verify(old), { message: "token is not signed by a known key" });
});

test("10,000 unknown key ids cost one fetch in 30 s, and callers with known ones do not wait", async () => {
  const { clock, troubles, verify, fetches } = createVerifier(provider);
  const good = await provider.sign(claims);
  await verify(good);
  const bad = await Promise.all(
    Array.from({ length: 100 }, (_, i) => provider.sign({ ...claims, jti: String(i) }, { kid: `unknown-${i}` })),
  );
  provider.answer("held");
  clock.ms += 31_000;
  let refused = 0;
  async function send(index: number) {
    await verify(bad[index % 100] ?? "").catch(() => refused++);
  }
  const first = send(0);
  // So long a burst could outlast the time in which a connection must be there.
  while (fetches() < 2) await new Promise(resolve => setImmediate(resolve));
  const flood = [first, ...Array.from({ length: 9_999 }, (_, i) => send(i + 1))];
  for (let i = 0; i < 100; i++) {
    assert.equal((await verify(await provider.sign({ ...claims, jti: `good ${i}` }))).subject, "alice");
  }
  assert.equal(refused, 0, String(troubles));
  assert.equal(fetches(), 2);
  provider.answer("keys");
  await Promise.all(flood);
  assert.equal(refused, 10_000);
  await Promise.all(bad.map(token => verify(token).catch(() => refused++)));
  assert.equal(refused, 10_100);
  assert.equal(fetches(), 2);
});

test("while the provider is down the last good keys serve for an hour, and are back as soon as it is", async () => {
  const { clock, troubles, verify, fetches } = createVerifier(provider);
  const token = await provider.sign(claims);
  await verify(token);
  provider.answer("error");
  clock.ms = 3_599_999;
  assert.equal((await verify(token)).subject, "alice");
  clock.ms = 3_600_000;
  await assert.rejects(verify(token), { name: "KeysUnavailableError", retryAfterMs: 5_000 });
  await assert.rejects(verify(token), { name: "KeysUnavailableError" });
  assert.ok(troubles.some(error => /cannot be fetched/.test(error.message)));
  const before = fetches();
  provider.answer("keys");
  clock.ms += 5_000;
  assert.equal((await verify(token)).subject, "alice");
  assert.equal(fetches(), before + 1);
});

test("a key that is new while the provider is down cannot be judged, and is taken up once it is back", async () => {
  const { clock, verify } = createVerifier(provider);
  await verify(await provider.sign(claims));
  await provider.rotate();
  const token = await provider.sign(claims);
  provider.answer("error");
  clock.ms = 30_000;
  for (let call = 0; call < 2; call++)
    await assert.rejects(verify(token), { name: "KeysUnavailableError", retryAfterMs: 30_000 });
  provider.answer("keys");
  clock.ms = 60_000;
  assert.equal((await verify(token)).subject, "alice");
});

test("why keys cannot be fetched is told in a line, with what follows from it", async () => {
  const { clock, keys, troubles } = createVerifier(provider);
  const where = `the keys at ${provider.url.href} cannot be fetched`;
  await keys.refresh();
  provider.answer("error");
  clock.ms += 600_000;
  await keys.refresh();
  clock.ms += 3_600_000;
  await keys.refresh();
  provider.answer("redirect");
  clock.ms += 5_000;
  await keys.refresh();
  const without = "calls with a token end with UNAVAILABLE until they can";
  assert.deepEqual(
    troubles.map(({ message }) => message),
    [
      `${where}: the answer has status 500: must be 200; the last good ones serve on`,
      `${where}: the answer has status 500: must be 200; ${without}`,
      `${where}: unexpected redirect; ${without}`,
    ],
  );
  const port = await freePort();
  const told: string[] = [];
  const url = new URL(`http://127.0.0.1:${port}/keys`);
  await createRemoteKeys({ url, onError: ({ message }) => told.push(message) }).refresh();
  assert.deepEqual(told, [
    `the keys at ${url.href} cannot be fetched: connect ECONNREFUSED 127.0.0.1:${port}; ${without}`,
  ]);
});

test("a provider that does not answer is given up on", async () => {
  const { troubles, verify } = createVerifier(provider, 50);
  provider.answer("never");
  await assert.rejects(verify(await provider.sign(claims)), { name: "KeysUnavailableError" });
  assert.equal(troubles.length, 1);
});

test("callers with known keys wait for no fetch, however slow the provider, and the keys it then answers are taken", async () => {
  const { clock, verify, keys, fetches } = createVerifier(provider);
  const sign = (jti: string) => provider.sign({ ...claims, jti });
  const [first, second, third] = [await sign("1"), await sign("2"), await sign("3")];
  await verify(first);
  provider.answer("held");
  clock.ms += 600_000;
  const epoch = keys.epoch();
  while (fetches() < 2) await new Promise(resolve => setImmediate(resolve));
  // The provider has been asked, and does not answer before this is judged.
  assert.equal((await verify(second)).subject, "alice");
  await provider.rotate();
  provider.answer("keys");
  await keys.refresh();
  assert.notEqual(keys.epoch(), epoch);
  await assert.rejects(verify(third), { message: "token is not signed by a known key" });
  assert.equal((await verify(await sign("4"))).subject, "alice");
  assert.equal(fetches(), 2);
});
