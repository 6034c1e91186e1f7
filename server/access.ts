import type { DescMethod } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import { createAlarms } from "../host/auth/alarms.ts";
import { createSecretKeys, type Keys } from "../host/auth/keys.ts";
import { type Policy, readPolicies } from "../host/auth/policy.ts";
import type { AuthOptions, GateOptions } from "../host/interceptors/chain.ts";
import { keySource } from "./config/access-settings.ts";
import type { Config } from "./config/config.ts";

/** Where callers sign in, what each of them may do at once. A person or a service; thousands of them fit. */
const authDefaults = { rate: { perSecond: 100, burst: 200 }, maxStreamsPerCaller: 100 };

/** Who may call what, and how often. */
export interface Access extends GateOptions {
  /** Of every method that is mounted. */
  readonly policies: ReadonlyMap<DescMethod, Policy>;
}

/**
 * What the settings say of who may call what, for the gate and the chain. Without authentication everybody may call
 * everything, on loopback. Rejects with `PolicyError` where a method has no policy.
 */
export async function createAccess(config: Config, log: Logger, methods: readonly DescMethod[]): Promise<Access> {
  const policies = readPolicies(methods, config.reflection === "on" ? "public" : "signed-in");
  const auth = await createAuth(config, log, policies);
  const { rate, maxStreamsPerCaller } = auth ? authDefaults : {};
  return {
    policies,
    auth,
    rate: config.rateLimit === "auto" ? rate : config.rateLimit,
    maxStreamsPerCaller: config.maxStreamsPerCaller === "auto" ? maxStreamsPerCaller : config.maxStreamsPerCaller,
  };
}

/** What reads tokens is loaded where callers sign in: it is a tenth of the modules of a start. */
async function createAuth(config: Config, log: Logger, policies: Access["policies"]): Promise<AuthOptions | undefined> {
  const source = keySource(config);
  if (!source) return undefined;
  const { createTokenVerifier } = await import("../host/auth/token-verifier.ts");
  const keys = source.secret ? createSecretKeys(source.secret) : await createFetchedKeys(source.url, log);
  const verifier = createTokenVerifier({ keys, issuer: config.authIssuer, audience: config.authAudience });
  return { policies, alarms: createAlarms(), verifier };
}

async function createFetchedKeys(url: URL, log: Logger): Promise<Keys> {
  const { createRemoteKeys } = await import("../host/auth/remote-keys.ts");
  const keys = createRemoteKeys({ url, onError: ({ message }) => log.warn(message) });
  void keys.refresh();
  return keys;
}
