import { Code } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply } from "fastify";
import { encodings } from "../../protocol/encodings.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { contentCoding } from "../../protocol/negotiate.ts";
import { restFormats, type WireFormat } from "../../protocol/wire-format.ts";
import type { RawRequest } from "../interceptors/call-source.ts";
import type { CallInit, CallScope } from "../lanes/call-scope.ts";
import { createExchange } from "../lanes/create-exchange.ts";
import type { Begin, FindOther, LaneOptions } from "../lanes/lane.ts";
import { createRecordingRouter } from "../lanes/recording-router.ts";
import { splitTarget } from "../lanes/request-target.ts";
import { createRpc, type Rpc, type StreamRpc, type UnaryRpc } from "../lanes/rpc.ts";
import { RunningCalls } from "../lanes/running-calls.ts";
import { defaultUnsentLimits, UnsentReplies } from "../lanes/unsent-replies.ts";
import { mediaType, preferredType } from "./accept.ts";
import { readHttpRules } from "./http-rule.ts";
import { PathRouter } from "./path-router.ts";
import { errorJson, HttpError } from "./rest-error.ts";
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
  const { replies = new UnsentReplies(defaultUnsentLimits) } = options;
  const { running = new RunningCalls(options.shutdownSignal) } = options;
  const scope: CallScope = { ...options, replies, running };
  const rpcs = new Map(
    recorded.map(({ spec, options: own }) => {
      const endsInDrain = options.endsInDrain?.(spec.method);
      const meter = options.meterOf?.(spec.method);
      return [spec.method, createRpc(spec, options.interceptors, { ...own, endsInDrain, meter })];
    }),
  );
  const router = new PathRouter<RestRoute>();
  const openEnded = new PathRouter<true>();
  for (const binding of readHttpRules(rpcs.keys())) {
    const { method, httpMethod, template } = binding;
    router.add(httpMethod, template, createRoute(binding, rpcs.get(method) as Rpc));
    if (method.methodKind === "client_streaming") openEnded.add("*", template, true);
  }

  /** What a request leads to: a call, or why there is none; undefined where nothing of it is served here. */
  function resolve(asked: Asked): Begin | HttpError | undefined {
    const { method = "", url = "" } = asked;
    const { path, query } = splitTarget(url);
    const found = router.find(method, path);
    if (found && "value" in found) return begin(scope, { route: found.value, segments: found.segments, query }, asked);
    const read = method === "HEAD" ? router.find("GET", path) : undefined;
    // A stream has no end to tell the length of.
    if (read && "value" in read && read.value.rpc.unary) {
      return begin(scope, { route: read.value, segments: read.segments, query }, asked);
    }
    if (found) {
      const allow = found.allowed.flatMap(name => (name === "GET" ? ["GET", "HEAD"] : [name])).join(", ");
      return new HttpError(405, `${method} is not for ${shown(path)}: ${allow}`, Code.Unimplemented, { allow });
    }
    if (!router.mayServe(path)) return undefined;
    return new HttpError(404, `${method} ${shown(path)} is not served here`, Code.NotFound);
  }

  // After the onRequest hooks of all, those that are added later among them, and before the body is looked at.
  app.addHook("preParsing", (request, reply, _payload, done) => {
    const found = request.is404 ? resolve(request.raw) : undefined;
    if (found === undefined) done();
    else if (found instanceof HttpError) refuse(reply, found);
    else {
      reply.hijack();
      request.becameCall = true;
      found(createExchange(request, reply), request);
    }
  });
  function find(asked: Asked): Begin | undefined {
    const found = resolve(asked);
    // The host logs what becomes no call, and its own routes may be near.
    return found instanceof HttpError ? undefined : found;
  }
  return { find, mayStayOpen: path => openEnded.find("POST", path) !== undefined };
}

function shown(path: string): string {
  return path.slice(0, 256);
}

function refuse(reply: FastifyReply, error: HttpError): void {
  for (const [name, value] of error.metadata) reply.header(name, value);
  reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
  reply.code(error.status).send(errorJson(error));
}

/** Negotiates, and makes what begins the call. */
function begin(scope: CallScope, request: RestRequest, { headers }: Asked): Begin | HttpError {
  const { rpc, hasBody } = request.route;
  const fields = headers as Fields;
  const problem = hasBody ? contentProblem(request, fields) : undefined;
  if (problem) return problem;
  const format = formatOf(request, fields);
  if (format instanceof HttpError) return format;
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
  if (coding === undefined || codings.includes(contentCoding(String(coding)) ?? "")) return undefined;
  const text = `content-encoding must be one of ${codings.join(", ")}`;
  return new HttpError(415, text, Code.InvalidArgument, {
    "accept-encoding": codings.slice(1).join(", ") || "identity",
  });
}
