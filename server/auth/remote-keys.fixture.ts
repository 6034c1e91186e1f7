import type { Provider } from "./provider.fixture.ts";
import { createRemoteKeys } from "./remote-keys.ts";
import { createTokenVerifier, type Identity } from "./token-verifier.ts";

/** A verifier on the provider's keys, with a clock of its own that starts at 0. */
export function createVerifier(provider: Provider, timeoutMs = 3_600_000) {
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
