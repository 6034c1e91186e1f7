import { hostContradictions, hostPrefixes } from "../../host/host-settings.ts";
import * as parse from "../../host/settings/parse-variables.ts";
import { describeVariables, type Env, type Parsed, parseVariables } from "../../host/settings/parse-variables.ts";
import { variables } from "./variables.ts";

export { ConfigError } from "../../host/settings/parse-variables.ts";

/** The typed settings; `variables.ts` documents each. */
export type Config = Parsed<typeof variables>;

/**
 * Reads settings from environment variables; an unset or empty one takes its default.
 *
 * Throws `ConfigError` with every problem at once: a bad value, an unknown name with one of our prefixes, an address
 * that would expose a server without authentication.
 */
export function parseConfig(env: Env): Config {
  const prefixes = [...hostPrefixes, "DATABASE_", "DEMO_", "GREETER_", "FEED_", "TRACE_", "WORKERS"];
  return parseVariables(env, { variables, prefixes, contradictions: hostContradictions });
}

/** The process's environment over an `.env` file, where there is one; by default the one beside package.json. */
export function readEnv(file: string | URL = new URL("../../.env", import.meta.url)) {
  return parse.readEnv(file);
}

/** The settings as a table in plain text, for `--help`. */
export function describeConfig(): string {
  return describeVariables(variables);
}
