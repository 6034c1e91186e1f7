import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { allFormats, carries, parseContentType, type WireFormat } from "../../protocol/wire-format.ts";
import type { CallScope } from "./call-scope.ts";
import { parseGet } from "./connect-get.ts";
import { serveByConnect } from "./connect-lane.ts";
import { createCall } from "./create-call.ts";
import { createExchange } from "./create-exchange.ts";
import { ExpressWay } from "./express-way.ts";
import type { FindOther, Lane, LaneOptions } from "./lane.ts";
import { createRecordingRouter, type RecordedRpc } from "./recording-router.ts";
import { createRpc, type Rpc } from "./rpc.ts";
import { RunningCalls } from "./running-calls.ts";
import { defaultUnsentLimits, UnsentReplies } from "./unsent-replies.ts";

/** A lane that says what it leaves to `@connectrpc/connect-fastify`. */
export type WireLane = Lane & {
  /** Paths of the RPCs it declined, as they were registered with options it does not know. */
  readonly declined: readonly string[];
  readonly express: NonNullable<Lane["express"]>;
  readonly find: FindOther;
};

/** Options of a service that this lane heeds; with any other, Connect's own plugin serves it. */
const knownOptions = new Set(["jsonOptions"]);

/** Creates the lane that speaks gRPC, gRPC-Web and Connect itself, at the speed of the wire. Each server has its own. */
export function createWireLane(): WireLane {
  const declined: string[] = [];
  const expressWay = new ExpressWay();
  let find: FindOther = () => undefined;

  async function wireLane(app: FastifyInstance, options: LaneOptions): Promise<void> {
    const { router, recorded } = createRecordingRouter();
    options.routes(router);
    const served = recorded.filter(isServed);
    const rest = recorded.filter(rpc => !isServed(rpc));
    const { replies = new UnsentReplies(defaultUnsentLimits) } = options;
    const { running = new RunningCalls(options.shutdownSignal) } = options;
    const scope: CallScope = { ...options, replies, running };

    const rpcs = served.map(({ spec, options: own }) =>
      createRpc(spec, options.interceptors, {
        ...own,
        endsInDrain: options.endsInDrain?.(spec.method),
        meter: options.meterOf?.(spec.method),
      }),
    );
    find = createFind(scope, rpcs);
    if (options.express) expressWay.open(scope, options.express, rpcs);
    await app.register(async routes => {
      // One logger for all calls: a child for each costs more than it is worth where few of them are logged.
      routes.setChildLoggerFactory(logger => logger);
      for (const rpc of rpcs) mount(routes, scope, rpc);
    });
    if (rest.length === 0) return;
    declined.push(...rest.map(({ spec }) => `/${spec.method.parent.typeName}/${spec.method.name}`));
    app.log.info({ declined }, `${declined.length} RPCs are served by connect-fastify`);
    await serveByConnect(app, options, router => {
      for (const { spec, options: own } of rest) router.rpc(spec.method, spec.impl as never, own);
    });
  }
  return Object.assign(wireLane, { declined, express: expressWay, find: (request: Asked) => find(request) });
}

type Asked = Parameters<FindOther>[0];

function createFind(scope: CallScope, rpcs: readonly Rpc[]): FindOther {
  const byPath = new Map(rpcs.map(rpc => [rpc.path, rpc]));
  return ({ method, url = "", headers }) => {
    const rpc = byPath.get(url);
    const format = parseContentType(headers["content-type"] ?? "");
    if (method !== "POST" || !rpc || !format || !carries(format, rpc)) return undefined;
    return (exchange, source) => createCall({ rpc, scope, format, exchange, source }).start();
  };
}

function isServed({ options = {} }: RecordedRpc): boolean {
  return Object.keys(options).every(name => knownOptions.has(name));
}

/** Every method Fastify knows, as the wrong ones are to be answered, too. */
function mount(app: FastifyInstance, scope: CallScope, rpc: Rpc): void {
  const route = createRoute(rpc);
  app.route({
    method: app.supportedMethods,
    url: rpc.path,
    // After the hooks of the app, and before Fastify would parse the body.
    onRequest: (request, reply) => serve(scope, rpc, route, request, reply),
    handler: () => {},
  });
}

/** What the answers of one route to wrong requests say. */
interface Route {
  readonly allow: string;
  readonly acceptPost: string;
  readonly formats: ReadonlySet<WireFormat>;
}

function createRoute(rpc: Rpc): Route {
  const formats = allFormats.filter(format => carries(format, rpc));
  const plain = ["application/grpc", "application/grpc-web"];
  return {
    allow: rpc.allowsGet ? "POST, GET, HEAD" : "POST",
    acceptPost: [...plain, ...formats.map(({ contentType }) => contentType)].join(", "),
    formats: new Set(formats),
  };
}

function serve(scope: CallScope, rpc: Rpc, route: Route, request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  const isHttp1 = raw.httpVersionMajor === 1;
  if (rpc.spec.kind === "bidi_streaming" && isHttp1) {
    // A client that expects to be answered while it sends would wait for ever on this connection.
    reply.code(505).header("connection", "close").send();
    return;
  }
  // The same headers without a body, RFC 9110 section 9.3.2.
  const isGet = raw.method === "GET" || raw.method === "HEAD";
  if (raw.method !== "POST" && !(isGet && rpc.allowsGet)) {
    reply.code(405).header("allow", route.allow).send();
    return;
  }
  const contentType = raw.headers["content-type"];
  const posted = contentType === undefined ? undefined : parseContentType(contentType);
  const get = isGet && (contentType === undefined || posted?.enveloped === false) ? parseGet(raw.url ?? "") : undefined;
  const format = isGet ? get?.format : posted;
  if (format === undefined || !route.formats.has(format)) {
    reply.code(415).header("accept-post", route.acceptPost).send();
    return;
  }
  reply.hijack();
  request.becameCall = true;
  const exchange = createExchange(request, reply);
  createCall({ rpc, scope, format, exchange, source: request }, get).start();
}
