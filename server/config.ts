import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parseEnv } from "node:util";

/** A setting: its variable's name, its default, what it means, and how its text is read. */
interface Variable<T> {
  readonly name: string;
  readonly default: string;
  readonly meaning: string;
  /** Throws a string that says what is allowed. */
  readonly parse: (text: string) => T;
}

function variable<T>(name: string, preset: string, meaning: string, parse: (text: string) => T): Variable<T> {
  return { name, default: preset, meaning, parse };
}

function integer(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw `a whole number from ${min} to ${max}`;
    return value;
  };
}

function oneOf<const T extends string>(...allowed: T[]): (text: string) => T {
  return text => {
    const value = allowed.find(name => name === text);
    if (value === undefined) throw `one of ${allowed.join(", ")}`;
    return value;
  };
}

function boolean(text: string): boolean {
  return oneOf("true", "false")(text) === "true";
}

function host(text: string): string {
  const label = /^(?!-)[a-z\d-]{1,63}(?<!-)$/i;
  if (isIP(text) === 0 && !text.split(".").every(part => label.test(part))) throw "a host name or an IP address";
  return text;
}

/** Milliseconds of the longest timer Node can set: 2^31 - 1, about 24 days. */
const maxTimer = 2_147_483_647;

const variables = {
  host: variable("HOST", "localhost", "address to listen on; localhost is both loopback families", host),
  port: variable("PORT", "50051", "port to listen on; 0 takes a free one, printed when ready", integer(0, 65_535)),
  insecure: variable("INSECURE", "false", "allows an address other than loopback without authentication", boolean),
  databaseUrl: variable(
    "DATABASE_URL",
    "sqlite:./data/concierge.db",
    "where users are kept; sqlite::memory: is a file that goes with the process",
    text => text,
  ),
  demoData: variable("DEMO_DATA", "true", "fills an empty directory with the five demo users", boolean),
  greeterStreamIntervalMs: variable(
    "GREETER_STREAM_INTERVAL_MS",
    "1000",
    "pause between the replies of SayHelloStream, in milliseconds",
    integer(0, maxTimer),
  ),
  feedMaxEvents: variable(
    "FEED_MAX_EVENTS",
    "1000000",
    "events that are kept, so that who was away can go on where it was",
    integer(1, 1_000_000_000),
  ),
  feedMaxAgeHours: variable("FEED_MAX_AGE_HOURS", "168", "hours that events are kept", integer(1, 87_600)),
  feedMaxSubscribers: variable("FEED_MAX_SUBSCRIBERS", "20000", "subscriptions at a time", integer(1, 10_000_000)),
  feedMaxSubscribersPerCaller: variable(
    "FEED_MAX_SUBSCRIBERS_PER_CALLER",
    "1000",
    "subscriptions of one caller at a time",
    integer(1, 10_000_000),
  ),
  feedBookmarkIntervalMs: variable(
    "FEED_BOOKMARK_INTERVAL_MS",
    "5000",
    "an idle subscription gets a bookmark after one to two times as many milliseconds",
    integer(1, maxTimer),
  ),
  maxMessageBytes: variable(
    "MAX_MESSAGE_BYTES",
    "4194304",
    "bytes of one message, before and after decompression",
    integer(1, 1_073_741_824),
  ),
  maxDeadlineMs: variable(
    "MAX_DEADLINE_MS",
    "3600000",
    "the longest deadline a call may ask for, in milliseconds",
    integer(1, maxTimer),
  ),
  maxStreamsPerConnection: variable(
    "MAX_STREAMS_PER_CONNECTION",
    "100",
    "concurrent HTTP/2 streams of one connection",
    integer(1, 1_000_000),
  ),
  maxConnections: variable("MAX_CONNECTIONS", "10000", "open connections per address", integer(1, 1_000_000)),
  shutdownGraceMs: variable(
    "SHUTDOWN_GRACE_MS",
    "10000",
    "from the first signal until calls in flight are cut, in milliseconds",
    integer(0, maxTimer),
  ),
  logLevel: variable(
    "LOG_LEVEL",
    "info",
    "fatal, error, warn, info, debug, trace or silent",
    oneOf("fatal", "error", "warn", "info", "debug", "trace", "silent"),
  ),
  logFormat: variable(
    "LOG_FORMAT",
    "auto",
    "pretty, json, or auto: pretty on a terminal and JSON elsewhere",
    oneOf("auto", "pretty", "json"),
  ),
} as const;

/** The typed settings; `variables` above documents each. */
export type Config = { readonly [K in keyof typeof variables]: ReturnType<(typeof variables)[K]["parse"]> };

/** Settings that cannot be started with: one line a problem, each naming the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Names with these beginnings are ours, so that a misspelt one is found. */
const prefixes = ["DATABASE_", "DEMO_", "FEED_", "GREETER_", "MAX_", "SHUTDOWN_", "LOG_"];

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
      problems.push(`${name}="${text}": must be ${allowed}`);
    }
  }
  const known = new Set<string>(Object.values(variables).map(({ name }) => name));
  for (const [name, text] of Object.entries(env)) {
    if (known.has(name) || !prefixes.some(prefix => name.startsWith(prefix))) continue;
    problems.push(`${name}="${text}": unknown; allowed are ${[...known].join(", ")}`);
  }
  const { host, insecure } = config as Config;
  if (host && !insecure && !isLoopback(host)) {
    problems.push(`HOST="${host}": without authentication only loopback is allowed, or INSECURE=true`);
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze(config) as Config;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** The process's environment over the `.env` file beside package.json, where there is one. */
export function readEnv(): Record<string, string | undefined> {
  const file = new URL("../.env", import.meta.url);
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {}), ...process.env };
}

/** The settings as a table in plain text, for `--help`. */
export function describeConfig(): string {
  const rows = Object.values(variables);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, default: preset, meaning }) => `  ${name.padEnd(width)}  ${meaning} (default ${preset})`)
    .join("\n");
}
