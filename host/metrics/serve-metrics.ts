import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Code, ConnectError } from "@connectrpc/connect";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { codeToHttpStatus } from "../../protocol/connect-internals.ts";
import { connectErrorJson } from "../../protocol/wire-error.ts";
import { bind, socketPathOf } from "../listener/bind.ts";
import { isLoopback } from "../listener/loopback.ts";
import { preferredType } from "../rest/accept.ts";
import type { Metrics } from "./metrics.ts";
import { contentTypes, type TextFormat } from "./text.ts";

/** Decides whether who asks for `/metrics` may read them. */
export type MayRead = (request: FastifyRequest) => boolean | Promise<boolean>;

/** Who may read: this machine, administrators, all who reach a port of its own, or whom a function lets. */
export type MetricsReaders = "loopback" | "admin" | number | MayRead;

/** What a proxy adds to a request: through one on this machine everybody would come from loopback. */
const forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/** What of a request says where it comes from. */
export interface AskedBy {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whom it asks, with the port if any. */
  readonly host: string;
  /** The connection's other end, which has no address over a Unix domain socket. */
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * Whether a request comes from this machine by itself: over loopback or a Unix domain socket, to a loopback name, and by no
 * proxy that says so. One that says nothing cannot be told from a caller.
 */
export function isOfThisMachine({ headers, host, socket }: AskedBy): boolean {
  if (forwarded.some(name => headers[name] !== undefined)) return false;
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return true;
  const name = host.replace(/:\d*$/, "");
  return isLoopback(remoteAddress.replace(/^::ffff:/i, "")) && (name === "" || isLoopback(name));
}

const types: Readonly<Record<string, TextFormat>> = {
  "text/plain": "prometheus",
  "application/openmetrics-text": "openmetrics",
};

/** Prometheus' text, unless the asker likes OpenMetrics better. */
function formatFor(accept: string | undefined): TextFormat {
  return types[preferredType(accept, Object.keys(types)) ?? ""] ?? "prometheus";
}

/** Who may read, and how it is known who is an administrator. */
export interface ServeMetricsOptions {
  readonly readers: MetricsReaders;
  /** Rejects with the `ConnectError` that says why not. */
  readonly requireAdmin: (request: FastifyRequest) => Promise<void>;
}

/** Serves `GET /metrics` on the host's own port, unless they have one; all who may not read are refused. */
export function serveMetrics(
  app: FastifyInstance,
  metrics: Metrics,
  { readers, requireAdmin }: ServeMetricsOptions,
): void {
  if (typeof readers === "number") return;
  const mayRead: MayRead =
    readers === "loopback" ? isOfThisMachine : readers === "admin" ? admits(requireAdmin) : readers;
  app.get("/metrics", async (request, reply) => {
    reply.header("cache-control", "no-store");
    try {
      if (!(await mayRead(request)))
        throw new ConnectError("the metrics are not for this caller", Code.PermissionDenied);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      for (const [name, value] of error.metadata) reply.header(name, value);
      return reply.code(codeToHttpStatus(error.code)).send(connectErrorJson(error));
    }
    const format = formatFor(request.headers.accept);
    return reply
      .header("vary", "accept")
      .type(contentTypes[format])
      .send(await metrics.write(format));
  });
}

function admits(requireAdmin: ServeMetricsOptions["requireAdmin"]): MayRead {
  return async request => {
    await requireAdmin(request);
    return true;
  };
}

/**
 * Serves `/metrics` alone, without TLS, to all who reach a port, on the addresses that `host` names; beside a Unix domain
 * socket on loopback. Rejects as `bind` does. `onError` hears what kept a scrape from being answered.
 */
export async function openMetricsPort(
  metrics: Metrics,
  { host, port }: { readonly host: string; readonly port: number },
  onError: (error: unknown) => void,
): Promise<AsyncDisposable> {
  const create = () => createServer(serverOptions, (request, response) => answer(metrics, request, response, onError));
  const servers = (await bind(create, socketPathOf(host) ? "localhost" : host, port)) as Server[];
  return {
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** Whoever scrapes says little, and soon. */
const serverOptions = { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16_384 };

function answer(
  metrics: Metrics,
  request: IncomingMessage,
  response: ServerResponse,
  onError: (error: unknown) => void,
): void {
  request.resume();
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead || request.url?.split("?", 1)[0] !== "/metrics") {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("only GET /metrics is served here\n");
    return;
  }
  const format = formatFor(request.headers.accept);
  metrics.write(format).then(
    text => response.writeHead(200, { "content-type": contentTypes[format], "cache-control": "no-store" }).end(text),
    error => {
      onError(error);
      response.writeHead(500).end();
    },
  );
}
