import { after, afterEach } from "node:test";
import { never } from "../../test/support/port.ts";
import { type Provider, startProvider } from "./provider.fixture.ts";
import { createRemoteKeys } from "./remote-keys.ts";
import { createTokenVerifier, type Identity } from "./token-verifier.ts";

/** What a good token says. */
export const claims = { sub: "alice", role: "admin", exp: Math.floor(Date.now() / 1000) + 3600 };

/** A provider for all tests of a file, each of which finds it with a key of its own. */
export async function shareProvider(): Promise<Provider> {
  const provider = await startProvider();
  afterEach(async () => {
    provider.answer("keys");
    await provider.rotate();
  });
  after(() => provider[Symbol.asyncDispose]());
  return provider;
}

/** A verifier on the provider's keys, with a clock of its own that starts at 0; a fetch that waits is not given up on. */
export function createVerifier(provider: Provider, timeoutMs = never) {
  const clock = { ms: 0 };
  const troubles: Error[] = [];
  const keys = createRemoteKeys({
    url: provider.url,
    now: () => clock.ms,
    timeoutMs,
    onError: error => troubles.push(error),
  });
  const { verify } = createTokenVerifier({ keys });
  const start = provider.fetches;
  return {
    clock,
    troubles,
    keys,
    verify: async (token: string): Promise<Identity> => verify(token),
    /** As `verify` answers: at once where it knows the token. */
    verifySync: verify,
    fetches: () => provider.fetches - start,
  };
}
