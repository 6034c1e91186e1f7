import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { addLayers, type ManagedTransport } from "./layers.ts";
import { cutOff, nameErrors } from "./name-errors.ts";
import { type ClientOptions, toEndpoint } from "./options.ts";

/** What a client in a browser needs to know. */
export interface WebClientOptions extends ClientOptions {
  /**
   * Scheme, host and port, and a path where the services are mounted below one: `https://api.example.com`. What begins with
   * `/` or `.` is relative to the page, or for a `fetch` of your own to make sense of where there is no page.
   */
  readonly baseUrl: string;
  /** Makes the requests. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** Whether cookies go along, as `fetch` has it. Default: as `fetch` has it, `same-origin`. */
  readonly credentials?: (typeof credentialModes)[number];
}

const credentialModes = ["omit", "same-origin", "include"] as const;

/**
 * Creates a transport over `fetch`, with all that {@link addLayers} adds: unary and server streaming calls. Nothing is sent
 * before the first call. Throws a `TypeError` or `RangeError` that names the option which is wrong; gRPC is one that no
 * browser can speak.
 */
export function createTransport(options: WebClientOptions): ManagedTransport {
  const { baseUrl, protocol, format, fetch, credentials, ...layers } = options;
  if (protocol === "grpc") {
    throw new TypeError('protocol "grpc" is not possible in a browser: choose connect or grpc-web');
  }
  if (fetch !== undefined && typeof fetch !== "function") throw new TypeError("fetch is not a function");
  if (credentials !== undefined && !credentialModes.includes(credentials)) {
    throw new TypeError(`credentials "${credentials}" is not one of ${credentialModes.join(", ")}`);
  }
  const endpoint = toEndpoint({ baseUrl: absolute(baseUrl, fetch !== undefined), protocol, format });
  const create = endpoint.protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
  return addLayers(layers, interceptors =>
    create({
      baseUrl: endpoint.baseUrl.startsWith(nowhere) ? baseUrl : endpoint.baseUrl,
      interceptors: [...interceptors, nameErrors(named), keepToCors()],
      useBinaryFormat: endpoint.format === "binary",
      fetch:
        credentials === undefined ? fetch : (url, init) => (fetch ?? globalThis.fetch)(url, { ...init, credentials }),
    }),
  );
}

/** Stands for what a relative URL is relative to, where only the caller's own `fetch` knows. */
const nowhere = "http://nowhere.invalid/";

/** The URL that a relative one stands for on this page; others as they are. */
function absolute(baseUrl: string, hasOwnFetch: boolean): string {
  if (!/^[/.]/.test(baseUrl)) return baseUrl;
  const page = globalThis as { document?: { baseURI: string }; location?: { href: string } };
  const base = page.document?.baseURI ?? page.location?.href ?? (hasOwnFetch ? nowhere : undefined);
  return URL.parse(baseUrl, base)?.href ?? baseUrl;
}

/** The error of a call by what `fetch` said, which is no more than `TypeError` of a server that was not reached or lost. */
function named(reason: unknown): unknown {
  const words = cutOff(reason);
  if (words !== undefined) return unavailable(`the connection was lost: ${words}`, reason);
  const cause = reason instanceof ConnectError ? reason.cause : reason;
  if (!(cause instanceof TypeError)) return reason;
  return unavailable(`the server cannot be reached: ${cause.message}`, cause);
}

function unavailable(message: string, cause: unknown): ConnectError {
  return new ConnectError(message, Code.Unavailable, undefined, undefined, cause);
}

/**
 * Leaves out how often a call was tried: a server of another origin lists the headers that pages may send, by
 * Connect's advice those of the protocols, and a browser has no call done that has others.
 */
function keepToCors(): Interceptor {
  return next => request => {
    request.header.delete("grpc-previous-rpc-attempts");
    return next(request);
  };
}
