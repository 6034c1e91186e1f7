import type { DescMessage } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { ConnectRouterOptions, Interceptor, MethodImplSpec } from "@connectrpc/connect";
import { type Codec, createBinaryCodec, createJsonCodec } from "../../protocol/codec.ts";
import type { CallMeter } from "./call-meter.ts";
import { createInvokeStream, createInvokeUnary, type InvokeStream, type InvokeUnary } from "./invoke.ts";

interface RpcCommon {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly spec: MethodImplSpec;
  readonly output: DescMessage;
  readonly proto: Codec;
  readonly json: Codec;
  readonly meter: CallMeter | undefined;
}

/** An RPC with one message each way. */
export interface UnaryRpc extends RpcCommon {
  readonly unary: true;
  /** Has no side effects, so Connect may ask by GET. */
  readonly allowsGet: boolean;
  readonly invoke: InvokeUnary;
}

/** An RPC that streams in either direction, or in both. */
export interface StreamRpc extends RpcCommon {
  readonly unary: false;
  readonly allowsGet: false;
  /** Ends as the shutdown begins; others are let finish. */
  readonly endsInDrain: boolean;
  readonly invoke: InvokeStream;
}

/** A method with all that can be prepared before it is called. */
export type Rpc = UnaryRpc | StreamRpc;

/** How a method is served, beside its contract. */
export interface RpcOptions extends Pick<ConnectRouterOptions, "jsonOptions"> {
  /** Whether a stream ends as the shutdown begins. Defaults to true. */
  readonly endsInDrain?: boolean | undefined;
  /** What counts its calls. None by default. */
  readonly meter?: CallMeter | undefined;
}

/** Prepares a method. */
export function createRpc(
  spec: MethodImplSpec,
  interceptors: readonly Interceptor[],
  { jsonOptions, endsInDrain = true, meter }: RpcOptions = {},
): Rpc {
  const { input, output, name, parent, idempotency } = spec.method;
  const common = {
    path: `/${parent.typeName}/${name}`,
    spec,
    output,
    proto: createBinaryCodec(input, output),
    json: createJsonCodec(input, output, jsonOptions),
    meter,
  };
  if (spec.kind !== "unary") {
    const invoke = createInvokeStream(spec, interceptors);
    return { ...common, unary: false, allowsGet: false, endsInDrain, invoke };
  }
  const allowsGet = idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return { ...common, unary: true, allowsGet, invoke: createInvokeUnary(spec, interceptors) };
}
