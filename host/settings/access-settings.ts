import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecret, minSecretBytes } from "../auth/keys.ts";
import type { InflationLimitOptions } from "../interceptors/limit-inflation.ts";
import type { RateLimitOptions } from "../interceptors/limit-rate.ts";
import { socketPathOf } from "../listener/bind.ts";
import { isLoopback, isTrustworthy } from "../listener/loopback.ts";
import { host } from "./parsers.ts";

const megabyte = 1024 * 1024;

/** What follows from whether callers sign in; the rest is said by name. */
export type Choice<T> = T | "auto" | undefined;

/** The value of a setting as errors may show it: nothing of secrets, also of misspelt ones. */
export function shown(name: string, text: string | undefined): string {
  return /^(AUTH_|DATABASE_)/.test(name) ? "(not shown)" : (text ?? "");
}

/** Any text; none is unset. */
export function text(text: string): string | undefined {
  return text || undefined;
}

/** A file that can be read now; it may hold something else later. */
export function readableFile(path: string): string | undefined {
  if (path === "") return undefined;
  try {
    readFileSync(path);
    return path;
  } catch (error) {
    throw `a file that can be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** A secret of 32 bytes or more, in UTF-8. */
export function secret(text: string): KeyObject | undefined {
  if (text === "") return undefined;
  try {
    return createSecret(text);
  } catch {
    throw `${minSecretBytes} bytes or more`;
  }
}

/** A secret that a file holds; a line feed at its end does not count. */
export function secretFile(path: string): KeyObject | undefined {
  if (path === "") return undefined;
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw `a file that can be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    return createSecret(content.replace(/\r?\n$/, ""));
  } catch {
    throw `a file that holds ${minSecretBytes} bytes or more`;
  }
}

/** An HTTPS address; HTTP on loopback alone, as who answers it says who may call. */
export function keysUrl(text: string): URL | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text);
  if (!url || !isTrustworthy(url) || url.username !== "" || url.password !== "") {
    throw "an https URL, or an http one on loopback, without user and password";
  }
  return url;
}

/** `100/200`: calls a second and at once; `off`, or `auto`. */
export function rateLimit(text: string): Choice<RateLimitOptions> {
  if (text === "auto") return text;
  if (text === "off") return undefined;
  const [, perSecond, burst] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text)?.map(Number) ?? [];
  if (perSecond === undefined || burst === undefined || burst < perSecond) {
    throw 'auto, off, or calls a second / at once such as "100/200", each from 1 to 999999, the second no less than the first';
  }
  return { perSecond, burst };
}

/** `32/128`: megabytes a second and at once, in bytes; `off`. */
export function inflation(text: string): InflationLimitOptions | "off" {
  if (text === "off") return text;
  const [, perSecond, burst] = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text)?.map(Number) ?? [];
  if (perSecond === undefined || burst === undefined || burst < perSecond) {
    throw 'off, or megabytes a second / at once such as "32/128", each from 1 to 99999, the second no less than the first';
  }
  return { perSecond: perSecond * megabyte, burst: burst * megabyte };
}

/** A number from 1 to a million; `off`, or `auto`. */
export function count(text: string): Choice<number> {
  if (text === "auto") return text;
  if (text === "off") return undefined;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 1_000_000) throw "auto, off, or a whole number from 1 to 1000000";
  return value;
}

/** `loopback`, `admin`, `off`, or the number of a port. */
export function metricsReaders(text: string): "loopback" | "admin" | "off" | number {
  if (text === "loopback" || text === "admin" || text === "off") return text;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw "loopback, admin, off, or a port from 1 to 65535";
  return port;
}

/** IP addresses and CIDR blocks, comma separated. */
export function networks(text: string): readonly string[] {
  return list(text, part => {
    const [address = "", bits = "0", ...rest] = part.split("/");
    const family = isIP(address);
    const fits = /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
    if (family === 0 || !fits || rest.length > 0) throw "IP addresses or CIDR blocks, comma separated";
    return part;
  });
}

/** Origins as browsers send them: scheme, host, and port where it is not the scheme's own; no `*`. */
export function origins(text: string): readonly string[] {
  return list(text, part => {
    const url = URL.parse(part);
    const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
    if (!isWeb || url?.origin !== part) throw 'origins such as "https://app.example.com", comma separated';
    return part;
  });
}

/** Names of header fields, RFC 9110 section 5.1; no `*`, which would not hold for `Authorization`. */
export function fieldNames(text: string): readonly string[] {
  return list(text, part => {
    if (!/^[\w!#$%&'+.^`|~-]{1,64}$/.test(part)) throw 'names of headers such as "X-Tenant", comma separated';
    return part;
  });
}

/** Host names and IP addresses, as `Host` has them: in lower case, IPv6 in brackets. */
export function hostNames(text: string): readonly string[] {
  return list(text, part => {
    try {
      const name = host(part).toLowerCase();
      return isIP(name) === 6 ? `[${name}]` : name;
    } catch {
      throw "host names or IP addresses without a port, comma separated";
    }
  });
}

function list(text: string, parse: (part: string) => string): readonly string[] {
  return Object.freeze(text === "" ? [] : text.split(",").map(part => parse(part.trim())));
}

/** Whether this machine alone can reach what listens there: loopback, or a socket of its user's. */
export function isOfThisMachine(host: string): boolean {
  return isLoopback(host) || socketPathOf(host) !== undefined;
}

/** The settings that contradict each other, one line a problem. */
export function contradictions(
  config: AuthConfig & {
    readonly host: string;
    readonly insecure: boolean;
    readonly port: number;
    readonly metrics: "loopback" | "admin" | "off" | number;
    readonly admin: "loopback" | "admin" | "off";
    readonly authIssuer: string | undefined;
    readonly authAudience: string | undefined;
    readonly allowedHosts: readonly string[] | undefined;
  },
): string[] {
  const { host, allowedHosts, insecure, authJwtSecret, authJwtSecretFile, authJwksUrl, authIssuer, authAudience } =
    config;
  const problems: string[] = [];
  const sources = {
    AUTH_JWT_SECRET: authJwtSecret,
    AUTH_JWT_SECRET_FILE: authJwtSecretFile,
    AUTH_JWKS_URL: authJwksUrl,
  };
  const names = Object.keys(sources).join(", ");
  const given = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1) problems.push(`${given.join(" and ")}: must not be set together`);
  if (given.length === 0 && (authIssuer ?? authAudience) !== undefined) {
    problems.push(`AUTH_ISSUER, AUTH_AUDIENCE: need one of ${names}`);
  }
  for (const [name, value] of [
    ["METRICS", config.metrics],
    ["ADMIN", config.admin],
  ]) {
    if (given.length === 0 && value === "admin") problems.push(`${name}="admin": needs one of ${names}`);
  }
  if (config.metrics === config.port) problems.push(`METRICS="${config.metrics}": must not be PORT, which all reach`);
  if (allowedHosts?.length && host && !isLoopback(host)) {
    problems.push(`ALLOWED_HOSTS: goes with a HOST on loopback; on HOST="${host}" every name is answered to`);
  }
  if (given.length === 0 && host && !insecure && !isOfThisMachine(host)) {
    const remedy = `set one of ${names}, or INSECURE=true to serve everybody`;
    problems.push(`HOST="${host}": without authentication only loopback is allowed; ${remedy}`);
  }
  return problems;
}

/** The settings that turn authentication on. */
export interface AuthConfig {
  readonly authJwtSecret: KeyObject | undefined;
  readonly authJwtSecretFile: KeyObject | undefined;
  readonly authJwksUrl: URL | undefined;
}

/** What tokens are checked by; undefined where nobody signs in. */
export function keySource({ authJwtSecret, authJwtSecretFile, authJwksUrl }: AuthConfig) {
  const secret = authJwtSecret ?? authJwtSecretFile;
  if (secret !== undefined) return { secret };
  return authJwksUrl && { jwksUrl: authJwksUrl };
}

/** Whether callers sign in. */
export function hasAuth(config: AuthConfig): boolean {
  return keySource(config) !== undefined;
}
