import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import {
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { BareTransport } from "../layers.ts";
import { CallScope } from "./call-scope.ts";
import { ConnectUnaryCall } from "./connect-unary.ts";
import type { LinkSource } from "./connections/link-source.ts";
import { GrpcUnaryCall } from "./grpc-unary.ts";
import { MethodPlan } from "./method-plan.ts";
import type { WireSettings } from "./settings.ts";
import { StreamCall } from "./stream-call.ts";
import { complete, StreamScope } from "./stream-scope.ts";

type AnyFn = ReturnType<Interceptor>;

/**
 * Creates a transport of Connect's on our own HTTP/2 engine, without retries and the like. It owns the connections. In
 * distinction from Connect's own, interceptors are put on once, not anew for each call.
 */
export function createBareWireTransport(settings: WireSettings, links: LinkSource): BareTransport {
  const plans = new WeakMap<DescMethod, MethodPlan>();
  const Unary = settings.protocol === "connect" ? ConnectUnaryCall : GrpcUnaryCall;

  function planOf(method: DescMethod): MethodPlan {
    let plan = plans.get(method);
    if (plan === undefined) {
      plan = new MethodPlan(method, settings);
      plans.set(method, plan);
    }
    return plan;
  }

  function callUnary(request: UnaryRequest): Promise<UnaryResponse> {
    return new Promise((resolve, reject) => new Unary(links, planOf(request.method), request, resolve, reject).start());
  }

  const send: AnyFn = request =>
    request.stream ? new StreamCall(links, planOf(request.method), request).start() : callUnary(request);
  const { interceptors } = settings;
  const next = interceptors.reduceRight((inner, interceptor) => interceptor(inner), send);

  async function unary(...call: Parameters<Transport["unary"]>): Promise<UnaryResponse> {
    const [method, outer, timeoutMs, header, message, contextValues = createContextValues()] = call;
    const plan = planOf(method);
    const scope = new CallScope(outer, deadlineOf(timeoutMs));
    try {
      const response = await next({
        stream: false,
        service: method.parent,
        method,
        requestMethod: "POST",
        url: plan.url,
        header: plan.heads.header(deadlineOf(timeoutMs), header),
        contextValues,
        message: create(method.input, message) as Message,
        signal: scope.signal,
      } as UnaryRequest);
      scope.succeed();
      return response as UnaryResponse;
    } catch (reason) {
      throw scope.fail(reason);
    }
  }

  async function stream(...call: Parameters<Transport["stream"]>): Promise<StreamResponse> {
    const [method, outer, timeoutMs, header, source, contextValues = createContextValues()] = call;
    const plan = planOf(method);
    const scope = new StreamScope(outer, deadlineOf(timeoutMs), source);
    try {
      const response = (await next({
        stream: true,
        service: method.parent,
        method,
        requestMethod: "POST",
        url: plan.url,
        header: plan.heads.header(deadlineOf(timeoutMs), header),
        contextValues,
        message: complete(method.input, source),
        signal: scope.signal,
      } as StreamRequest)) as StreamResponse;
      return { ...response, message: scope.read(response.message) } as StreamResponse;
    } catch (reason) {
      throw scope.fail(reason);
    }
  }

  return { unary, stream, close: () => links.close() } as BareTransport;
}

/** As Connect has it: none where it is not above 0. */
function deadlineOf(timeoutMs: number | undefined): number | undefined {
  return timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined;
}
