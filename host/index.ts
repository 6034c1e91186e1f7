import "./require-node.ts";

export { preEncode } from "../protocol/pre-encode.ts";
export { HookError } from "./fastify/foreign-hooks.ts";
export type { Dependency, HealthCheck, HealthRegistry } from "./health/health-registry.ts";
export { createHost } from "./host.ts";
export type { Host, HostOptions } from "./host-options.ts";
export type { EndedCall, OnCallEnd } from "./interceptors/call-end.ts";
export { type CallInfo, callInfoKey } from "./interceptors/call-info.ts";
export { type ChainOptions, createChain } from "./interceptors/chain.ts";
export { connectLane } from "./lanes/connect-lane.ts";
export type { Lane, LaneOptions } from "./lanes/lane.ts";
export { sendHeaders } from "./lanes/send-headers.ts";
export { createWireLane, type WireLane } from "./lanes/wire-lane.ts";
export { defaultLimits, type ListenerLimits } from "./listener/limits.ts";
export { createOnePort, type HttpEngine, type OnePort } from "./listener/one-port.ts";
export { reflectionOf } from "./reflection/reflection.ts";
export { type Served, serve } from "./served.ts";
