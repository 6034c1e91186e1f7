import type { DescMethod } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import { type CallMeter, ok } from "../lanes/call-meter.ts";
import { Durations, streamBounds, unaryBounds } from "./durations.ts";

/** The protocols, in the order of their series. */
export const protocols: readonly ProtocolName[] = ["grpc", "grpc-web", "connect", "rest"];

/** All that a call may end with, by number: 0 is OK. */
export const codeNumbers: readonly number[] = [ok, ...Object.values(Code).filter(code => typeof code === "number")];

/** What a method is called in the counters. */
export interface MeteredMethod {
  /** `pkg.Service`, and `Method`. */
  readonly service: string;
  readonly name: string;
  readonly kind: DescMethod["methodKind"];
}

/** The calls of one method, counted since the server started. A call costs an addition or two in arrays that are there. */
export class MethodMeter implements CallMeter {
  readonly method: MeteredMethod;
  /** Calls that began. */
  started = 0;
  messagesReceived = 0;
  messagesSent = 0;
  /** Until a stream's first message; of streams alone. */
  readonly firstMessages: Durations | undefined;
  readonly #bounds: Float64Array;
  /** By protocol and code; each is made when it is first needed. */
  readonly #ended: (Durations | undefined)[] = Array(protocols.length * codeNumbers.length).fill(undefined);

  constructor(method: MeteredMethod) {
    this.method = method;
    const streams = method.kind !== "unary";
    this.#bounds = streams ? streamBounds : unaryBounds;
    if (streams) this.firstMessages = new Durations(streamBounds);
  }

  began(): void {
    this.started++;
  }

  received(): void {
    this.messagesReceived++;
  }

  sent(): void {
    this.messagesSent++;
  }

  answered(ms: number): void {
    this.firstMessages?.record(ms / 1000);
  }

  ended(protocol: ProtocolName, code: number, ms: number, traceparent: string | undefined): void {
    const place = placeOf(protocol, code);
    let durations = this.#ended[place];
    if (durations === undefined) {
      durations = new Durations(this.#bounds);
      this.#ended[place] = durations;
    }
    durations.record(ms / 1000, traceparent);
  }

  /** The calls that ended with a code over a protocol; undefined for none. */
  of(protocol: ProtocolName, code: number): Durations | undefined {
    return this.#ended[placeOf(protocol, code)];
  }

  /** The calls that ended with a code over any of these protocols; by default over all. */
  withCode(code: number, over: readonly ProtocolName[] = protocols): Durations | undefined {
    return sumOf(
      this.#bounds,
      over.map(protocol => this.of(protocol, code)),
    );
  }

  /** All calls that ended. */
  get all(): Durations {
    return sumOf(this.#bounds, this.#ended) ?? new Durations(this.#bounds);
  }

  /** Calls that began and have not ended. */
  get inFlight(): number {
    return this.started - this.all.count;
  }
}

/** Compares by identity: names of protocols are constants. */
function placeOf(protocol: ProtocolName, code: number): number {
  const row = protocol === "grpc" ? 0 : protocol === "grpc-web" ? 1 : protocol === "connect" ? 2 : 3;
  return row * codeNumbers.length + code;
}

/** The sum of those that are there; undefined where none is. */
function sumOf(bounds: Float64Array, parts: readonly (Durations | undefined)[]): Durations | undefined {
  const [first, ...rest] = parts.filter(part => part !== undefined);
  if (first === undefined || rest.length === 0) return first;
  const sum = new Durations(bounds);
  for (const part of [first, ...rest]) sum.add(part);
  return sum;
}
