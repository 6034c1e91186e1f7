import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import type { Alarms } from "../auth/alarms.ts";
import type { Policy } from "../auth/policy.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import { admitAnybody, authenticate } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { errors } from "./errors.ts";
import { type GateStep, joinGate } from "./gate.ts";
import { createRateLimit, limitRate, type RateLimitOptions } from "./limit-rate.ts";
import { limitStreams } from "./limit-streams.ts";
import { messageCheck } from "./message-check.ts";
import { tokenEnd } from "./token-end.ts";
import { validation } from "./validation.ts";

/** How calls are judged where callers sign in. */
export interface Authentication {
  readonly verifier: TokenVerifier;
  /** Of every method that is mounted. */
  readonly policies: ReadonlyMap<DescMethod, Policy>;
  /** Tells when tokens end. */
  readonly alarms: Alarms;
}

/** What {@link createChain} needs to know. */
export interface ChainOptions {
  /** Unset: everybody may call everything. */
  readonly auth?: Authentication | undefined;
  /** What calls pass after all else, right before the service; the first is outermost. None by default. */
  readonly further?: readonly Interceptor[];
}

/** What {@link createGate} needs to know. */
export interface GateOptions extends Pick<ChainOptions, "auth"> {
  /** Unset: callers may call as often as they like. */
  readonly rate?: RateLimitOptions | undefined;
  /** Streams a caller may have open at a time. Unset: any number. */
  readonly maxStreamsPerCaller?: number | undefined;
  /** Decides last. Unset: nothing more is decided. */
  readonly further?: GateStep | undefined;
}

/**
 * What is decided from a call's headers before a byte of its body is read, outermost first. The
 * interceptors follow for the calls that it lets through.
 */
export function createGate({ auth, rate, maxStreamsPerCaller, further }: GateOptions = {}): GateStep {
  const rateLimit = rate && createRateLimit(rate);
  return joinGate([
    auth ? authenticate({ verifier: auth.verifier, onRefused: rateLimit?.consume }) : admitAnybody(),
    ...(auth ? [authorize(auth.policies)] : []),
    ...(rate && rateLimit ? [healthApart(limitRate(rateLimit), limitRate(createRateLimit(rate)))] : []),
    ...(maxStreamsPerCaller === undefined
      ? []
      : [healthApart(limitStreams(maxStreamsPerCaller), limitStreams(maxStreamsPerCaller))]),
    ...(further ? [further] : []),
  ]);
}

/** Counts health checks by themselves: who probes shall not be refused for what others of the same address call. */
function healthApart(calls: GateStep, checks: GateStep): GateStep {
  return context => (context.method.parent === Health ? checks : calls)(context);
}

/** What every call that the gate let through passes on its way to a service, outermost first. */
export function createChain({ auth, further = [] }: ChainOptions = {}): Interceptor[] {
  return [errors(), ...(auth ? [tokenEnd(auth.alarms), messageCheck()] : []), validation(), ...further];
}
