import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { shown } from "./access-settings.ts";
import type { Variable } from "./parsers.ts";

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Settings by name, and how each is read. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

/** The typed settings of such variables. */
export type Parsed<V extends Variables> = { readonly [K in keyof V]: ReturnType<V[K]["parse"]> };

/** Settings that cannot be started with: one line a problem, each naming the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What {@link parseVariables} needs to know. */
export interface ParseOptions<V extends Variables> {
  readonly variables: V;
  /** Names with these beginnings are ours, so that a misspelt one is found. */
  readonly prefixes: readonly string[];
  /** The settings that contradict each other, one line a problem. */
  readonly contradictions: (parsed: Parsed<V>) => readonly string[];
}

/**
 * Reads settings from environment variables; an unset or empty one takes its default. Throws `ConfigError` with every
 * problem at once: a bad value, an unknown name with one of the prefixes, a contradiction.
 */
export function parseVariables<V extends Variables>(env: Env, options: ParseOptions<V>): Parsed<V> {
  const { variables, prefixes, contradictions } = options;
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [key, { name, default: preset, parse }] of Object.entries(variables)) {
    const text = env[name] || preset;
    try {
      parsed[key] = parse(text);
    } catch (allowed) {
      problems.push(`${name}="${shown(name, text)}": must be ${allowed}`);
    }
  }
  const known = new Set<string>(Object.values(variables).map(({ name }) => name));
  for (const [name, text] of Object.entries(env)) {
    if (known.has(name) || !prefixes.some(prefix => name.startsWith(prefix))) continue;
    problems.push(`${name}="${shown(name, text)}": unknown; allowed are ${[...known].join(", ")}`);
  }
  problems.push(...contradictions(parsed as Parsed<V>));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze(parsed) as Parsed<V>;
}

/** The process's environment over an `.env` file, where there is one. */
export function readEnv(file: string | URL): Record<string, string | undefined> {
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {}), ...process.env };
}

/** The settings as a table in plain text, for `--help`. */
export function describeVariables(variables: Variables): string {
  const rows = Object.values(variables);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, default: preset, meaning }) => `  ${name.padEnd(width)}  ${meaning} (default ${preset || "none"})`)
    .join("\n");
}
