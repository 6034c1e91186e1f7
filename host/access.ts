import type { DescMethod } from "@bufbuild/protobuf";
import type { ContextValues } from "@connectrpc/connect";
import type { Logger } from "pino";
import { createAlarms } from "./auth/alarms.ts";
import type { AuthOptions } from "./auth/auth-options.ts";
import { callerKey, requireRole } from "./auth/caller.ts";
import { createSecret, createSecretKeys, type Keys } from "./auth/keys.ts";
import { readPolicies } from "./auth/policy.ts";
import type { HostOptions } from "./host-options.ts";
import { admitAnybody, authenticate } from "./interceptors/authenticate.ts";
import { tokenMissing } from "./interceptors/authorize.ts";
import { type Authentication, createChain, createGate } from "./interceptors/chain.ts";
import type { LaneOptions } from "./lanes/lane.ts";
import { isTrustworthy } from "./listener/loopback.ts";

/** Where callers sign in, what each of them may do at once. A person or a service; thousands of them fit. */
const authDefaults = { rate: { perSecond: 100, burst: 200 }, maxStreamsPerCaller: 100 };

/** The options that say who may call what, and how often. */
type AccessOptions = Pick<
  HostOptions,
  "auth" | "requiresPolicies" | "reflection" | "rateLimit" | "maxStreamsPerCaller" | "gate" | "interceptors"
>;

/** What calls pass, and who else may do what administrators may. */
export interface Access {
  readonly chain: Pick<LaneOptions, "interceptors" | "requestGate">;
  /** Rejects with UNAUTHENTICATED or PERMISSION_DENIED unless an administrator asks; the values are those of the request. */
  readonly requireAdmin: (values: ContextValues) => Promise<void>;
}

/**
 * What each call of these methods passes. Rejects with `PolicyError` where a method has no policy and needs one, and with a
 * `TypeError` where what tokens are checked by is wrong.
 */
export async function createAccess(
  options: AccessOptions,
  methods: readonly DescMethod[],
  log: Logger,
): Promise<Access> {
  const { auth: authOptions, requiresPolicies = false, reflection, interceptors, gate } = options;
  const defaults = authOptions ? authDefaults : undefined;
  const { rateLimit = defaults?.rate, maxStreamsPerCaller = defaults?.maxStreamsPerCaller } = options;
  const policies =
    authOptions || requiresPolicies
      ? readPolicies(methods, reflection === "on" ? "public" : "signed-in")
      : new Map<never, never>();
  const auth = authOptions && (await createAuthentication(authOptions, policies, log));
  const identify = auth ? authenticate(auth) : admitAnybody();
  return {
    chain: {
      interceptors: createChain({ auth, further: interceptors }),
      requestGate: createGate({
        auth,
        rate: rateLimit === "off" ? undefined : rateLimit,
        maxStreamsPerCaller: maxStreamsPerCaller === "off" ? undefined : maxStreamsPerCaller,
        further: gate,
      }),
    },
    async requireAdmin(values) {
      await identify({ values });
      if (auth && values.get(callerKey).anonymous) throw tokenMissing(values, "admin", "this");
      requireRole(values, "admin");
    },
  };
}

/** What reads tokens is loaded where callers sign in: it is a tenth of the modules of a start. */
async function createAuthentication(
  options: AuthOptions,
  policies: Authentication["policies"],
  log: Logger,
): Promise<Authentication> {
  const { issuer, audience, roleOf } = options;
  const keys = await createKeys(options, log);
  const { createTokenVerifier } = await import("./auth/token-verifier.ts");
  return { policies, alarms: createAlarms(), verifier: createTokenVerifier({ keys, issuer, audience, roleOf }) };
}

async function createKeys({ secret, publicKey, jwksUrl }: AuthOptions, log: Logger): Promise<Keys> {
  if ([secret, publicKey, jwksUrl].filter(source => source !== undefined).length !== 1) {
    throw new TypeError("auth: must have one of secret, publicKey and jwksUrl");
  }
  if (secret !== undefined) {
    return createSecretKeys(typeof secret === "string" ? naming("auth.secret", () => createSecret(secret)) : secret);
  }
  if (publicKey !== undefined) {
    const { createPublicKeys } = await import("./auth/public-key.ts");
    return naming("auth.publicKey", () => createPublicKeys(publicKey));
  }
  return fetchedKeys(URL.parse(String(jwksUrl)), log);
}

async function fetchedKeys(url: URL | null, log: Logger): Promise<Keys> {
  if (!url || !isTrustworthy(url) || url.username !== "" || url.password !== "") {
    throw new TypeError("auth.jwksUrl: must be an https URL, or an http one on loopback, without user and password");
  }
  const { createRemoteKeys } = await import("./auth/remote-keys.ts");
  const keys = createRemoteKeys({ url, onError: ({ message }) => log.warn(message) });
  void keys.refresh();
  return keys;
}

/** Returns what `make` does; its errors name the option. */
function naming<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new TypeError(`${option}: ${(cause as Error).message}`, { cause });
  }
}
