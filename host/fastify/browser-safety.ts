import { cors as connectCors } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requestIdHeader } from "../interceptors/request-id.ts";
import type { AskedFor } from "../lanes/lane.ts";
import { isLoopback } from "../listener/loopback.ts";
import { refuseRequest } from "./refuse-request.ts";

/** What plain HTTP has that RPC has not. */
const restMethods = ["HEAD", "PUT", "PATCH", "DELETE"];
const restHeaders = ["If-Match", "If-None-Match", "Idempotency-Key", "Last-Event-ID"];

/** By these a page's traces go on here: https://www.w3.org/TR/trace-context/, https://www.w3.org/TR/baggage/ */
const traceHeaders = ["traceparent", "tracestate", "baggage"];

const allowedMethods = [...connectCors.allowedMethods, ...restMethods];
const allowedHeaders = [
  ...connectCors.allowedHeaders,
  "Authorization",
  ...restHeaders,
  requestIdHeader,
  ...traceHeaders,
];
const exposedHeaders = [...connectCors.exposedHeaders, "ETag", requestIdHeader];

const unsniffed = { "x-content-type-options": "nosniff" };

/** How browsers say that a page of elsewhere asks; https://www.w3.org/TR/fetch-metadata/ */
const elsewhere = new Set(["cross-site", "same-site"]);

/** Which pages of elsewhere may call. */
export interface CorsOptions {
  /** Their origins, exactly as browsers send them: "https://app.example.com". */
  readonly origins: readonly string[];
  /** Headers that such pages may send, besides those of the protocols. Defaults to none. */
  readonly allowedHeaders?: readonly string[] | undefined;
  /** Headers of replies that such pages may see, besides those of the protocols. Defaults to none. */
  readonly exposedHeaders?: readonly string[] | undefined;
}

/** What {@link browserSafety} needs to know. */
export interface BrowserSafetyOptions {
  /** Defaults to none. */
  readonly cors?: CorsOptions | undefined;
  /** Further names that are answered to on loopback, in lower case and without a port. Defaults to none. */
  readonly hosts?: readonly string[] | undefined;
}

/** What keeps browsers from harm, and has to know what is listened on. */
export interface BrowserSafety {
  /** Whether the name that a request asks for is this server's; what is not is refused by a hook. */
  readonly accepts: (request: AskedFor) => boolean;
  /** What the hook sets on the reply to a read that names no origin, for those that pass by it. */
  readonly readHeaders: Readonly<Record<string, string>>;
  /** Says where the server listens; until then it is taken to be loopback. */
  listensOn(host: string): void;
}

/**
 * Keeps pages of elsewhere from using a visitor's browser against this server, before routing:
 *
 * - On loopback, only a loopback name may be asked for, an allowed name, or the host of an allowed origin: a page whose own
 *   name was made to point here (DNS rebinding) is refused.
 * - Exact CORS for the allowed origins, without credentials; a call that a browser says is of another page is refused.
 * - No sniffing of types, and no copies of replies that took a token.
 */
export function browserSafety(app: FastifyInstance, { cors, hosts = [] }: BrowserSafetyOptions): BrowserSafety {
  const origins = new Set(cors?.origins);
  const isOwn = ownNames([...origins], hosts);
  let onLoopback = true;
  const accepts = (request: AskedFor) => !onLoopback || isOwn(request);
  // What a page elsewhere may send, see, and remember of that for a day; browsers cap the last at two hours.
  const preflight = {
    "access-control-allow-methods": allowedMethods.join(", "),
    "access-control-allow-headers": [...allowedHeaders, ...(cors?.allowedHeaders ?? [])].join(", "),
    "access-control-max-age": "86400",
  };
  const readHeaders = { ...unsniffed, ...(origins.size > 0 && { vary: "Origin" }) };
  const exposed = [...exposedHeaders, ...(cors?.exposedHeaders ?? [])].join(", ");

  app.addHook("onRequest", (request, reply, done) => {
    const { headers, method } = request;
    reply.headers(unsniffed);
    if (!accepts(askedForBy(request))) return refuseHost(request, reply);
    if (origins.size > 0) reply.header("vary", "Origin");
    const isRead = method === "GET" || method === "HEAD";
    if (headers.authorization !== undefined && isRead) reply.header("cache-control", "no-store");

    const { origin } = headers;
    const allowed = origin !== undefined && origins.has(origin);
    if (allowed) {
      reply.header("access-control-allow-origin", origin).header("access-control-expose-headers", exposed);
    }
    if (method === "OPTIONS" && headers["access-control-request-method"] !== undefined) {
      if (allowed) reply.headers(preflight);
      reply.code(204).send();
      return;
    }
    const site = headers["sec-fetch-site"];
    if (!allowed && !isRead && typeof site === "string" && elsewhere.has(site)) {
      return refuseOrigin(request, reply);
    }
    done();
  });
  return {
    accepts,
    readHeaders,
    listensOn(host) {
      onLoopback = isLoopback(host);
    },
  };
}

/** Whom a request asks: its target before its host, where it has a name (RFC 9112 section 3.2.2). */
function askedForBy({ headers, raw: { url = "/" } }: FastifyRequest): AskedFor {
  const target = url.startsWith("/") ? null : URL.parse(url);
  return {
    authority: headers[":authority"] as string | undefined,
    headers: target ? { ...headers, host: target.host } : headers,
  };
}

/** Tells whether a request asks for a loopback name, an allowed one, or the host of an allowed origin, whatever the port. */
function ownNames(origins: readonly string[], allowedHosts: readonly string[]): (request: AskedFor) => boolean {
  const hosts = new Set(origins.map(origin => new URL(origin).host));
  const names = new Set(allowedHosts);
  // The one that was allowed last: a client names the same one with each request.
  let allowed: string | undefined;
  function isOwn(authority: string | string[] | undefined): boolean {
    // Every browser says whom it asks; a balancer's HTTP/1.0 probe need not.
    if (authority === undefined || authority === allowed) return true;
    if (typeof authority !== "string") return false;
    const name = authority.replace(/:\d*$/, "").toLowerCase();
    if (!isLoopback(name) && !names.has(name) && !hosts.has(authority.toLowerCase())) return false;
    allowed = authority;
    return true;
  }
  // An HTTP/2 request with both should name the same one twice (RFC 9113 section 8.3.1).
  return ({ authority, headers }) => isOwn(authority) && isOwn(headers.host);
}

function refuseHost(request: FastifyRequest, reply: FastifyReply): void {
  const message = "this server answers to localhost, 127.0.0.1, [::1] and the names in ALLOWED_HOSTS alone";
  refuseRequest(request, reply, { status: 403, code: "permission_denied", grpcStatus: 7, message });
}

function refuseOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const message = "pages of this origin may not call; CORS_ORIGINS names those that may";
  refuseRequest(request, reply, { status: 403, code: "permission_denied", grpcStatus: 7, message });
}
