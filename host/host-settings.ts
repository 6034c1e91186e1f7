import type { HostOptions } from "./host-options.ts";
import { createLogger } from "./logger.ts";
import { contradictions, keySource } from "./settings/access-settings.ts";
import { type Env, type Parsed, parseVariables, readEnv } from "./settings/parse-variables.ts";
import { hostVariables } from "./settings/variables.ts";

/** The settings of a host as they are read from environment variables. */
export type HostConfig = Parsed<typeof hostVariables>;

/** Names with these beginnings are the host's. */
export const hostPrefixes = [
  "AUTH_",
  "RATE_",
  "INFLATE_",
  "TRUSTED_",
  "CORS_",
  "ALLOWED_",
  "MAX_",
  "SHUTDOWN_",
  "LOG_",
  "TLS_",
] as const;

/** The options of `createHost` that settings say. */
export type HostSettings = Omit<HostOptions, "services">;

/**
 * Reads a host's options from environment variables, by default the process's over those in a file `.env` here. Their table is
 * in docs/toolkit.md. An unset or empty one takes its default.
 *
 * Throws `ConfigError` with every problem at once: a bad value, a misspelt name, an address other than loopback without
 * authentication or `INSECURE=true`.
 */
export function readSettings(env: Env = readEnv(".env")): HostSettings {
  const variables = hostVariables;
  const config = parseVariables(env, { variables, prefixes: hostPrefixes, contradictions: hostContradictions });
  return { ...hostOptions(config), log: createLogger(config) };
}

/** A host's settings as options of `createHost`, without its log. */
export function hostOptions(config: HostConfig): HostSettings {
  const { host, port, rateLimit, maxStreamsPerCaller, corsOrigins } = config;
  const { maxStreamsPerConnection, maxConnections, maxConnectionsPerNetwork, maxConnectionAgeMs } = config;
  return {
    listen: { host, port },
    tls: tlsOf(config),
    auth: authOf(config),
    rateLimit: chosen(rateLimit),
    maxStreamsPerCaller: chosen(maxStreamsPerCaller),
    cors: {
      origins: corsOrigins,
      allowedHeaders: config.corsAllowedHeaders,
      exposedHeaders: config.corsExposedHeaders,
    },
    hosts: config.allowedHosts,
    trustedProxies: config.trustedProxies,
    lane: config.lane,
    httpEngine: config.httpEngine,
    metrics: config.metrics,
    admin: config.admin,
    reflection: config.reflection,
    console: config.console,
    inflation: config.inflation,
    maxMessageBytes: config.maxMessageBytes,
    maxDeadlineMs: config.maxDeadlineMs,
    limits: { maxStreamsPerConnection, maxConnections, maxConnectionsPerNetwork, maxConnectionAgeMs },
    shutdownDelayMs: config.shutdownDelayMs,
    shutdownGraceMs: config.shutdownGraceMs,
  };
}

/** A setting as the option has it: there `off` is said, and what is not said follows from whether callers sign in. */
function chosen<T>(setting: T | "auto" | undefined): T | "off" | undefined {
  if (setting === "auto") return undefined;
  return setting ?? "off";
}

function tlsOf({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: HostConfig): HostOptions["tls"] {
  return tlsCertFile && tlsKeyFile
    ? { certFile: tlsCertFile, keyFile: tlsKeyFile, clientCaFile: tlsClientCaFile }
    : undefined;
}

function authOf(config: HostConfig): HostOptions["auth"] {
  const source = keySource(config);
  return source && { ...source, issuer: config.authIssuer, audience: config.authAudience };
}

/** The settings of a host that contradict each other, one line a problem. */
export function hostContradictions(config: HostConfig): string[] {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  const problems = contradictions(config);
  if (tlsCertFile && !tlsKeyFile) problems.push(`TLS_CERT_FILE="${tlsCertFile}": needs TLS_KEY_FILE as well`);
  if (tlsKeyFile && !tlsCertFile) problems.push(`TLS_KEY_FILE="${tlsKeyFile}": needs TLS_CERT_FILE as well`);
  if (tlsClientCaFile && !tlsCertFile) {
    problems.push(`TLS_CLIENT_CA_FILE="${tlsClientCaFile}": needs TLS_CERT_FILE and TLS_KEY_FILE as well`);
  }
  return problems;
}
