import type { Interceptor } from "@connectrpc/connect";
import { type Protocol, protocols } from "./protocol.ts";
import type { RetryOptions } from "./retry/options.ts";
import type { TokenSource } from "./token.ts";

/** Headers in any of the ways that `new Headers` takes. */
export type HeaderFields = ConstructorParameters<typeof Headers>[0];

/** What is added to every call, over whatever transport. */
export interface LayerOptions {
  /**
   * Sent with each call. What a function returns is kept until the server says UNAUTHENTICATED; then it is asked again and
   * the call repeated, once. A function has 30 s. What it throws ends the call: a `ConnectError` as it is, so that
   * UNAVAILABLE is repeated and outlasted, all else as UNAUTHENTICATED. Default: none.
   */
  readonly token?: TokenSource;
  /**
   * Milliseconds that a unary call may take, all attempts and pauses included; 0 for no limit. A call's own `timeoutMs`
   * wins. Streams have a deadline only where the call names one. Up to 99,999,999. Default: 10,000.
   */
  readonly deadlineMs?: number;
  /** When failed calls are tried again; false for never. Default: see {@link RetryOptions}. */
  readonly retry?: RetryOptions | false;
  /** Sent with each call. A call's own headers win. Default: none. */
  readonly headers?: HeaderFields;
  /**
   * Connect's interceptors, the outermost first. They see a call once, whatever the number of its attempts, with the
   * headers above, before its request id and its token. Default: none.
   */
  readonly interceptors?: readonly Interceptor[];
  /**
   * Whether calls name their trace by `traceparent`: the one that their headers name, else a new one, and each attempt as a span
   * of its own. An interceptor does so in the place of this, attempt by attempt: `traceAttempts` of `concierge/otel` makes spans.
   * Default: false, as each call's headers are then others, which HTTP/2 cannot compress.
   */
  readonly trace?: boolean | Interceptor;
}

/** What a client needs to know, wherever it runs. */
export interface ClientOptions extends LayerOptions {
  /** Scheme, host and port, and a path where the services are mounted below one: `http://localhost:50051`. */
  readonly baseUrl: string;
  /** Default: `connect`. */
  readonly protocol?: Protocol;
  /** How messages are encoded. Default: `binary`. */
  readonly format?: "binary" | "json";
}

/** How to reach a server: {@link ClientOptions} without their layers, checked, with their defaults. */
export type Endpoint = Required<Omit<ClientOptions, keyof LayerOptions>>;

/** Checks the options and fills in the defaults. Throws a `TypeError` that names the option. */
export function toEndpoint({ baseUrl, protocol = "connect", format = "binary" }: Partial<Endpoint>): Endpoint {
  const url = URL.parse(baseUrl ?? "");
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`baseUrl "${baseUrl}" is not an http or https URL such as http://localhost:50051`);
  }
  if (url.username || url.password) throw new TypeError("baseUrl holds a name or a password: tokens have an option");
  if (url.search || url.hash) throw new TypeError(`baseUrl "${baseUrl}" has a query or a fragment`);
  if (!protocols.includes(protocol)) {
    throw new TypeError(`protocol "${protocol}" is not one of ${protocols.join(", ")}`);
  }
  if (!["binary", "json"].includes(format)) throw new TypeError(`format "${format}" is not one of binary, json`);
  return { baseUrl: url.href, protocol, format };
}
