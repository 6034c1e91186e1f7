import { MAX_TIMEOUT_MS } from "./deadline.ts";
import { type Protocol, protocols } from "./protocol.ts";
import { type RetryOptions, type RetryPolicy, toRetryPolicy } from "./retry/options.ts";
import { problemOf, type TokenSource } from "./token.ts";

/** Headers in any of the ways that `new Headers` takes. */
export type HeaderFields = ConstructorParameters<typeof Headers>[0];

/** What a client needs to know, wherever it runs. */
export interface ConciergeOptions {
  /** Scheme, host and port, and a path where the services are mounted below one: `http://localhost:50051`. */
  readonly baseUrl: string;
  /**
   * Sent with each call. A function's answer is kept until the server says UNAUTHENTICATED; then it is asked again and the
   * call repeated, once. A function has 30 s. What it throws ends the call: a `ConnectError` as it is, so that UNAVAILABLE is
   * repeated and outlasted, all else as UNAUTHENTICATED. Default: none.
   */
  readonly token?: TokenSource;
  /** Default: `connect`. */
  readonly protocol?: Protocol;
  /** How messages are encoded. Default: `binary`. */
  readonly format?: "binary" | "json";
  /**
   * Milliseconds that a unary call may take, all attempts and pauses included; 0 for no limit. A call's own `timeoutMs`
   * wins. Streams have a deadline only where the call names one. Up to 99,999,999. Default: 10,000.
   */
  readonly deadlineMs?: number;
  /** When failed calls are tried again; false for never. Default: see {@link RetryOptions}. */
  readonly retry?: RetryOptions | false;
  /** Sent with each call. A call's own headers win. Default: none. */
  readonly headers?: HeaderFields;
}

/** A unary call's deadline unless told otherwise: well past any answer, short of a person's patience. */
const DEFAULT_DEADLINE_MS = 10_000;

/** The options that every transport has, checked, with their defaults. */
export type Settings = Required<Omit<ConciergeOptions, "headers" | "token" | "retry">> & {
  readonly headers: Headers;
  readonly token: TokenSource | undefined;
  readonly retry: RetryPolicy | undefined;
};

/** Checks the options and fills in the defaults. Throws a `TypeError` or `RangeError` that names the option. */
export function toSettings(options: ConciergeOptions): Settings {
  const { baseUrl, protocol = "connect", format = "binary", deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const { token, retry = {} } = options;
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`baseUrl "${baseUrl}" is not an http or https URL such as http://localhost:50051`);
  }
  if (!protocols.includes(protocol)) {
    throw new TypeError(`protocol "${protocol}" is not one of ${protocols.join(", ")}`);
  }
  if (!["binary", "json"].includes(format)) throw new TypeError(`format "${format}" is not one of binary, json`);
  if (!Number.isInteger(deadlineMs) || deadlineMs < 0 || deadlineMs > MAX_TIMEOUT_MS) {
    throw new RangeError(`deadlineMs "${deadlineMs}" is not a whole number from 0 to ${MAX_TIMEOUT_MS}`);
  }
  const problem = token === undefined || typeof token === "function" ? undefined : problemOf(token);
  if (problem !== undefined) throw new TypeError(`token ${problem}`);
  const policy = retry === false ? undefined : toRetryPolicy(retry);
  return { baseUrl, protocol, format, deadlineMs, headers: toHeaders(options.headers), token, retry: policy };
}

function toHeaders(fields: HeaderFields): Headers {
  try {
    return new Headers(fields);
  } catch (cause) {
    throw new TypeError(`headers: ${(cause as Error).message}`, { cause });
  }
}
