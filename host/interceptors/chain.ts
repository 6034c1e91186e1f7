import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
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
export interface AuthOptions {
  readonly verifier: TokenVerifier;
  /** Of every method that is mounted. */
  readonly policies: ReadonlyMap<DescMethod, Policy>;
  /** Tells when tokens end. */
  readonly alarms: Alarms;
}

/** What {@link createChain} needs to know. */
export interface ChainOptions {
  /** Unset: everybody may call everything. */
  readonly auth?: AuthOptions | undefined;
}

/** What {@link createGate} needs to know. */
export interface GateOptions extends ChainOptions {
  /** Unset: callers may call as often as they like. */
  readonly rate?: RateLimitOptions | undefined;
  /** Streams a caller may have open at a time. Unset: any number. */
  readonly maxStreamsPerCaller?: number | undefined;
}

/**
 * What is decided from a call's headers before a byte of its body is read, outermost first. The
 * interceptors follow for the calls that it lets through.
 */
export function createGate({ auth, rate, maxStreamsPerCaller }: GateOptions = {}): GateStep {
  const rateLimit = rate && createRateLimit(rate);
  return joinGate([
    auth ? authenticate({ verifier: auth.verifier, onRefused: rateLimit?.consume }) : admitAnybody(),
    ...(auth ? [authorize(auth.policies)] : []),
    ...(rateLimit ? [limitRate(rateLimit)] : []),
    ...(maxStreamsPerCaller === undefined ? [] : [limitStreams(maxStreamsPerCaller)]),
  ]);
}

/** What every call that the gate let through passes on its way to a service, outermost first. */
export function createChain({ auth }: ChainOptions = {}): Interceptor[] {
  return [errors(), ...(auth ? [tokenEnd(auth.alarms), messageCheck()] : []), validation()];
}
