import type { DescMethod } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import { createAlarms } from "../host/auth/alarms.ts";
import { createSecretKeys, type Keys } from "../host/auth/keys.ts";
import { type Policy, readPolicies } from "../host/auth/policy.ts";
import { createRemoteKeys } from "../host/auth/remote-keys.ts";
import { createTokenVerifier } from "../host/auth/token-verifier.ts";
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
 * everything, on loopback. Throws `PolicyError` where a method has no policy.
 */
export function createAccess(config: Config, log: Logger, methods: readonly DescMethod[]): Access {
  const policies = readPolicies(methods, config.reflection === "on" ? "public" : "signed-in");
  const keys = createKeys(config, log);
  const auth: AuthOptions | undefined = keys && {
    policies,
    alarms: createAlarms(),
    verifier: createTokenVerifier({ keys, issuer: config.authIssuer, audience: config.authAudience }),
  };
  const { rate, maxStreamsPerCaller } = auth ? authDefaults : {};
  return {
    log,
    policies,
    auth,
    rate: config.rateLimit === "auto" ? rate : config.rateLimit,
    maxStreamsPerCaller: config.maxStreamsPerCaller === "auto" ? maxStreamsPerCaller : config.maxStreamsPerCaller,
  };
}

function createKeys(config: Config, log: Logger): Keys | undefined {
  const source = keySource(config);
  if (!source) return undefined;
  if (source.secret) return createSecretKeys(source.secret);
  const keys = createRemoteKeys({ url: source.url, onError: ({ message }) => log.warn(message) });
  void keys.refresh();
  return keys;
}
