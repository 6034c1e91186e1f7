import {
  type ConnectRouter,
  createClient,
  type HandlerContext,
  type Interceptor,
  type ServiceImpl,
} from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { callContextValues } from "../../host/interceptors/call-info.ts";
import type { Lane, LaneOptions } from "../../host/lanes/lane.ts";
import { UnsentReplies } from "../../host/lanes/unsent-replies.ts";
import { createWireLane } from "../../host/lanes/wire-lane.ts";
import { defaultLimits } from "../../host/listener/limits.ts";
import { listen, type TestServer, type TestServerOptions } from "./listen.ts";

/** What a test changes of the greeter's server. */
export interface GreeterServerOptions extends Partial<LaneOptions>, TestServerOptions {
  readonly lane?: Lane;
  readonly interceptors?: Interceptor[];
}

/** Serves `greeter.Greeter`, all of it or a part, on a lane; the wire lane unless told otherwise. */
export function serveGreeter(
  implementation: Partial<ServiceImpl<typeof Greeter>>,
  { lane = createWireLane(), logger, httpEngine, limits, ...options }: GreeterServerOptions = {},
): Promise<TestServer> {
  const laneOptions: LaneOptions = {
    routes: (router: ConnectRouter) => {
      router.service(Greeter, implementation);
    },
    interceptors: [],
    contextValues: source => callContextValues(source),
    maxMessageBytes: 4 * 1024 * 1024,
    maxDeadlineMs: 3_600_000,
    shutdownSignal: new AbortController().signal,
    express: { requestId: () => "req-express" },
    replies: new UnsentReplies({ ...defaultLimits, ...limits }),
    ...options,
  };
  const { express } = lane;
  return listen(app => lane(app, laneOptions), {
    ...(express && { expressWay: express }),
    ...(logger !== undefined && { logger }),
    ...(httpEngine && { httpEngine }),
    ...(limits && { limits }),
  });
}

/** A client of each protocol, gRPC and gRPC-Web over HTTP/2 and Connect over HTTP/1.1. */
export function clients(baseUrl: string) {
  const transports = {
    grpc: createGrpcTransport({ baseUrl }),
    "grpc-web": createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
    connect: createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  };
  return Object.entries(transports).map(([name, transport]) => ({ name, client: createClient(Greeter, transport) }));
}

/** Resolves with the reason once the call's signal aborts. */
export function aborted({ signal }: HandlerContext): Promise<unknown> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}
