import { maxTimerMs } from "./auth/alarms.ts";
import type { HostOptions } from "./host-options.ts";
import { defaultLimits } from "./listener/limits.ts";

/** Throws an error that names the option. */
type Check = (value: unknown, name: string) => void;

/** Bytes of the largest message: what a buffer of Node's may hold on any machine, with room for its envelope. */
const maxMessage = 1024 * 1024 * 1024;

function isAnything(): void {}

function isText(value: unknown, name: string): void {
  if (typeof value !== "string" || value === "") throw new TypeError(`${name}: must be a text that is not empty`);
}

function isFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw new TypeError(`${name}: must be a function`);
}

function isList(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw new TypeError(`${name}: must be an array`);
}

function oneOf(...allowed: readonly unknown[]): Check {
  return (value, name) => {
    if (!allowed.includes(value)) throw new TypeError(`${name}: must be one of ${allowed.join(", ")}, not ${value}`);
  };
}

function whole(min: number, max: number): Check {
  return (value, name) => {
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      throw new RangeError(`${name}: must be a whole number from ${min} to ${max}, not ${value}`);
    }
  };
}

function orOff(check: Check): Check {
  return (value, name) => {
    if (value !== "off") check(value, name);
  };
}

function isBucket(value: unknown, name: string): void {
  const { perSecond = Number.NaN, burst = Number.NaN } = Object(value);
  if (!(perSecond > 0 && burst >= perSecond && burst < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: must be off, or have a perSecond above 0 and a burst that is no less`);
  }
}

function isCors(value: unknown, name: string): void {
  const { origins } = Object(value);
  isList(origins, `${name}.origins`);
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      throw new TypeError(`${name}.origins: must be origins such as "https://app.example.com", not "${origin}"`);
    }
  }
}

function isAddress(value: unknown, name: string): void {
  const { host, port } = Object(value);
  isText(host, `${name}.host`);
  whole(0, 65_535)(port, `${name}.port`);
}

function isLimits(value: unknown, name: string): void {
  for (const [limit, bound] of Object.entries(Object(value))) {
    if (!Object.hasOwn(defaultLimits, limit)) throw new TypeError(`there is no option "${name}.${limit}"`);
    if (bound !== undefined) whole(0, Number.MAX_SAFE_INTEGER)(bound, `${name}.${limit}`);
  }
}

function isReaders(value: unknown, name: string): void {
  if (typeof value === "number") whole(1, 65_535)(value, name);
  else if (typeof value !== "function") oneOf("off", "loopback", "admin")(value, name);
}

/** Every option: TypeScript sees that none is missing, so that one which is not here is misspelt. */
const checks: Readonly<Record<keyof HostOptions, Check>> = {
  services: isList,
  log: isAnything,
  listen: isAddress,
  auth: isAnything,
  requiresPolicies: oneOf(true, false),
  rateLimit: orOff(isBucket),
  maxStreamsPerCaller: orOff(whole(1, 1_000_000)),
  errorDomain: isText,
  cors: isCors,
  hosts: isList,
  gate: isFunction,
  interceptors: isList,
  tracing: isAnything,
  onCallEnd: isFunction,
  skipsHooks: oneOf(true, false),
  trustedProxies: isList,
  lane: oneOf("wire", "connect"),
  httpEngine: oneOf("engine", "node"),
  rest: oneOf("on", "off"),
  metrics: isReaders,
  admin: oneOf("off", "loopback", "admin"),
  reflection: oneOf("on", "auth", "off"),
  console: oneOf("on", "off"),
  api: isAnything,
  maxMessageBytes: whole(1, maxMessage),
  inflation: orOff(isBucket),
  maxDeadlineMs: whole(1, Number.MAX_SAFE_INTEGER),
  tls: isAnything,
  shutdownDelayMs: whole(0, maxTimerMs),
  shutdownGraceMs: whole(0, maxTimerMs),
  endsInDrain: isFunction,
  limits: isLimits,
};

/**
 * Checks a host's options. Throws a `TypeError` for one that there is none of (a misspelt `auth` would let everybody in), and
 * a `TypeError` or `RangeError` for a value that is none; each names the option and what is allowed.
 */
export function checkOptions(options: HostOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`there is no option "${name}"; allowed are ${Object.keys(checks).join(", ")}`);
    }
    if (value !== undefined || name === "services") checks[name as keyof HostOptions](value, name);
  }
  for (const name of ["metrics", "admin"] as const) {
    if (options[name] !== "admin" || options.auth !== undefined) continue;
    throw new TypeError(`${name}: admin goes with auth, as without it everybody is an administrator`);
  }
}
