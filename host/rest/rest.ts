import { Code } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import { encodings } from "../../protocol/encodings.ts";
import { type Fields, Metadata } from "../../protocol/metadata.ts";
import { restFormats, type WireFormat } from "../../protocol/wire-format.ts";
import type { RawRequest } from "../interceptors/call-source.ts";
import type { CallInit, CallScope } from "../lanes/call.ts";
import { createExchange } from "../lanes/create-exchange.ts";
import type { Begin, FindOther, LaneOptions } from "../lanes/lane.ts";
import { createRecordingRouter } from "../lanes/recording-router.ts";
import { createRpc, type Rpc, type StreamRpc, type UnaryRpc } from "../lanes/rpc.ts";
import { RunningCalls } from "../lanes/running-calls.ts";
import { mediaType, preferredType } from "./accept.ts";
import { readHttpRules } from "./http-rule.ts";
import { PathRouter } from "./path-router.ts";
import { writeError } from "./request-parts.ts";
import { HttpError } from "./rest-error.ts";
import { RestStreamCall } from "./rest-stream-call.ts";
import { RestUnaryCall } from "./rest-unary-call.ts";
import { createRoute, type RestRequest, type RestRoute, streamFormat, streamTypes } from "./route.ts";

/** The calls that plain HTTP may ask for. */
export interface Rest {
  /** Finds the call of a request, for a lane that answers ahead of the host. */
  readonly find: FindOther;
  /** Tells whether a request with this path may take as long as it likes, message by message. */
  mayStayOpen(path: string): boolean;
}

type Asked = Pick<RawRequest, "method" | "url" | "headers">;

/**
 * Serves the methods of a lane whose contracts have `google.api.http` rules as plain HTTP: the same interceptors, gate,
 * deadlines and shutdown, and no matter which lane it is. What no route of the host serves comes here. Throws
 * `HttpRuleError` where a rule is wrong, or asks for the same paths as another one.
 */
export function openRest(app: FastifyInstance, options: LaneOptions): Rest {
  const { router: connectRouter, recorded } = createRecordingRouter();
  options.routes(connectRouter);
  const scope: CallScope = { ...options, running: new RunningCalls() };
  const { shutdownSignal } = options;
  if (!shutdownSignal.aborted) {
    shutdownSignal.addEventListener("abort", () => scope.running.shutDown(), { once: true });
  }
  const rpcs = new Map(
    recorded.map(({ spec, options: own }) => [spec.method, createRpc(spec, options.interceptors, own)]),
  );
  const router = new PathRouter<RestRoute>();
  const openEnded = new PathRouter<true>();
  for (const binding of readHttpRules(rpcs.keys())) {
    const { method, httpMethod, template } = binding;
    router.add(httpMethod, template, createRoute(binding, rpcs.get(method) as Rpc));
    if (method.methodKind === "client_streaming") openEnded.add("*", template, true);
  }

  function find(asked: Asked): Begin | undefined {
    const { path, query } = split(asked.url);
    const found = router.find(asked.method ?? "", path);
    if (found && "value" in found) return begin(scope, { route: found.value, segments: found.segments, query }, asked);
    if (asked.method !== "HEAD" || found === undefined) return undefined;
    const read = router.find("GET", path);
    // A stream has no end to tell the length of.
    if (!read || !("value" in read) || !read.value.rpc.unary) return undefined;
    return begin(scope, { route: read.value, segments: read.segments, query }, asked);
  }

  /** What is near to what is served. */
  function refuse({ method = "", url }: Asked): Begin | undefined {
    const { path } = split(url);
    const found = router.find(method, path);
    if (found && "allowed" in found) {
      const allow = found.allowed.flatMap(name => (name === "GET" ? ["GET", "HEAD"] : [name])).join(", ");
      return refusal(
        new HttpError(405, `${method} is not for ${shown(path)}: ${allow}`, Code.Unimplemented, { allow }),
      );
    }
    if (!router.mayServe(path)) return undefined;
    return refusal(new HttpError(404, `${method} ${shown(path)} is not served here`, Code.NotFound));
  }

  app.addHook("onRequest", (request, reply, done) => {
    const begin = request.is404 ? (find(request.raw) ?? refuse(request.raw)) : undefined;
    if (begin === undefined) {
      done();
      return;
    }
    reply.hijack();
    begin(createExchange(request, reply), request);
  });
  return { find, mayStayOpen: path => openEnded.find("POST", path) !== undefined };
}

function split(url = ""): { readonly path: string; readonly query: string } {
  const mark = url.indexOf("?");
  return mark < 0 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

function shown(path: string): string {
  return path.slice(0, 256);
}

function refusal(error: HttpError): Begin {
  return exchange => writeError(exchange, error, new Metadata({}));
}

/** Negotiates, and begins the call. */
function begin(scope: CallScope, request: RestRequest, { headers }: Asked): Begin {
  const { rpc, hasBody } = request.route;
  const fields = headers as Fields;
  const problem = hasBody ? contentProblem(request, fields) : undefined;
  if (problem) return refusal(problem);
  const format = formatOf(request, fields);
  if (format instanceof HttpError) return refusal(format);
  return (exchange, source) => {
    const init: CallInit<Rpc> = { scope, rpc, format, exchange, source };
    const call = rpc.unary
      ? new RestUnaryCall(init as CallInit<UnaryRpc>, request)
      : new RestStreamCall(init as CallInit<StreamRpc>, request);
    call.start();
  };
}

function formatOf({ route }: RestRequest, { accept }: Fields): WireFormat | HttpError {
  const wanted = typeof accept === "string" ? accept : undefined;
  const streams = route.rpc.spec.kind === "server_streaming";
  if (route.httpBody && !streams) return restFormats.json;
  const types = streams ? streamTypes : (["application/json"] as const);
  const type = preferredType(wanted, types);
  if (type === undefined) {
    return new HttpError(406, `the answer is one of ${types.join(", ")}`, Code.InvalidArgument);
  }
  return type === "application/json" ? restFormats.json : streamFormat(type);
}

const lineTypes = ["application/jsonl", "application/x-ndjson", "application/x-jsonlines"];
const jsonTypes = ["application/json"];
/** RFC 7396, which is what a partial resource is. */
const patchTypes = [...jsonTypes, "application/merge-patch+json"];

/**
 * Why a body cannot be read: HTML forms have types of their own, so that no page of elsewhere can post what is taken here
 * unless the browser asks before.
 */
function contentProblem({ route }: RestRequest, headers: Fields): HttpError | undefined {
  const { rpc, binding } = route;
  const streams = rpc.spec.kind === "client_streaming";
  const types = streams ? lineTypes : binding.httpMethod === "PATCH" ? patchTypes : jsonTypes;
  const header = binding.httpMethod === "PATCH" ? "accept-patch" : "accept-post";
  const contentType = headers["content-type"];
  if (contentType === undefined) {
    const isEmpty = headers["content-length"] === "0" || headers["content-length"] === undefined;
    if (isEmpty && headers["transfer-encoding"] === undefined && headers.origin === undefined) return undefined;
  } else {
    const { type, utf8 } = mediaType(String(contentType));
    if (types.includes(type) && utf8) return codingProblem(streams, headers);
  }
  const accepted = types.join(", ");
  return new HttpError(415, `the body must be ${accepted}, in UTF-8`, Code.InvalidArgument, { [header]: accepted });
}

/** RFC 9110 section 15.5.16: the answer names the codings that are taken. */
function codingProblem(streams: boolean, { "content-encoding": coding }: Fields): HttpError | undefined {
  const codings = streams ? ["identity"] : ["identity", ...encodings.map(({ name }) => name)];
  if (coding === undefined || codings.includes(String(coding).toLowerCase())) return undefined;
  const text = `content-encoding must be one of ${codings.join(", ")}`;
  return new HttpError(415, text, Code.InvalidArgument, {
    "accept-encoding": codings.slice(1).join(", ") || "identity",
  });
}
