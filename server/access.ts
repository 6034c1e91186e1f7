import type { DescMethod } from "@bufbuild/protobuf";
import type { Logger } from "pino";
import { createAlarms } from "../host/auth/alarms.ts";
import { createSecretKeys, type Keys } from "../host/auth/keys.ts";
import { type Policy, readPolicies } from "../host/auth/policy.ts";
import { createRemoteKeys } from "../host/auth/remote-keys.ts";
import { createTokenVerifier } from "../host/auth/token-verifier.ts";
import type { AuthOptions, GateOptions } from "../host/interceptors/chain.ts";
import { isLoopback } from "../host/listener/loopback.ts";
import type { Config } from "./config/config.ts";
import { commands } from "./process/installation.ts";

/** Where callers sign in, what each of them may do at once. A person or a service; thousands of them fit. */
const authDefaults = { rate: { perSecond: 100, burst: 200 }, maxStreamsPerCaller: 100 };

/** The settings that turn authentication on. */
type AuthConfig = Pick<Config, "authJwtSecret" | "authJwtSecretFile" | "authJwksUrl">;

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

/** What tokens are checked by; undefined where nobody signs in. */
function keySource({ authJwtSecret, authJwtSecretFile, authJwksUrl }: AuthConfig) {
  const secret = authJwtSecret ?? authJwtSecretFile;
  if (secret !== undefined) return { secret };
  return authJwksUrl && { url: authJwksUrl };
}

/** Whether callers sign in. */
export function hasAuth(config: AuthConfig): boolean {
  return keySource(config) !== undefined;
}

/** Says to a person who may call, in a line for the terminal. */
export function describeAccess(config: Config): string {
  const source = keySource(config);
  if (source?.url) return `  callers   sign in by tokens of ${source.url.origin}\n\n`;
  const token = `${commands.concierge} token --sub you --role admin`;
  if (source) return `  callers   sign in by tokens; for development: ${token}\n\n`;
  const who = isLoopback(config.host)
    ? "everybody on this machine: authentication is off, so it listens on loopback alone"
    : "everybody who can reach it may read, change and delete all users: authentication is off (INSECURE)";
  return `  callers   ${who}\n\n`;
}

function createKeys(config: Config, log: Logger): Keys | undefined {
  const source = keySource(config);
  if (!source) return undefined;
  if (source.secret) return createSecretKeys(source.secret);
  const keys = createRemoteKeys({ url: source.url, onError: ({ message }) => log.warn(message) });
  void keys.refresh();
  return keys;
}
