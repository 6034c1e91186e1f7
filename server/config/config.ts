import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import * as access from "./access-settings.ts";
import { variables } from "./variables.ts";

/** The typed settings; `config-variables.ts` documents each. */
export type Config = { readonly [K in keyof typeof variables]: ReturnType<(typeof variables)[K]["parse"]> };

/** Settings that cannot be started with: one line a problem, each naming the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Names with these beginnings are ours, so that a misspelt one is found. */
const prefixes = [
  "AUTH_",
  "RATE_",
  "INFLATE_",
  "TRUSTED_",
  "CORS_",
  "ALLOWED_",
  "DATABASE_",
  "DEMO_",
  "GREETER_",
  "MAX_",
  "SHUTDOWN_",
  "LOG_",
  "TLS_",
  "FEED_",
  "WORKERS",
];

/**
 * Reads settings from environment variables; an unset or empty one takes its default.
 *
 * Throws `ConfigError` with every problem at once: a bad value, an unknown name with one of our prefixes, an address
 * that would expose a server without authentication.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, { name, default: preset, parse }] of Object.entries(variables)) {
    const text = env[name] || preset;
    try {
      config[key] = parse(text);
    } catch (allowed) {
      problems.push(`${name}="${access.shown(name, text)}": must be ${allowed}`);
    }
  }
  const known = new Set<string>(Object.values(variables).map(({ name }) => name));
  for (const [name, text] of Object.entries(env)) {
    if (known.has(name) || !prefixes.some(prefix => name.startsWith(prefix))) continue;
    problems.push(`${name}="${access.shown(name, text)}": unknown; allowed are ${[...known].join(", ")}`);
  }
  problems.push(...access.contradictions(config as Config), ...tlsContradictions(config as Config));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze(config) as Config;
}

function tlsContradictions({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: Config): string[] {
  const problems: string[] = [];
  if (tlsCertFile && !tlsKeyFile) problems.push(`TLS_CERT_FILE="${tlsCertFile}": needs TLS_KEY_FILE as well`);
  if (tlsKeyFile && !tlsCertFile) problems.push(`TLS_KEY_FILE="${tlsKeyFile}": needs TLS_CERT_FILE as well`);
  if (tlsClientCaFile && !tlsCertFile) {
    problems.push(`TLS_CLIENT_CA_FILE="${tlsClientCaFile}": needs TLS_CERT_FILE and TLS_KEY_FILE as well`);
  }
  return problems;
}

/** The process's environment over a `.env` file, where there is one; by default the one beside package.json. */
export function readEnv(
  file: string | URL = new URL("../../.env", import.meta.url),
): Record<string, string | undefined> {
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {}), ...process.env };
}

/** The settings as a table in plain text, for `--help`. */
export function describeConfig(): string {
  const rows = Object.values(variables);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, default: preset, meaning }) => `  ${name.padEnd(width)}  ${meaning} (default ${preset || "none"})`)
    .join("\n");
}
