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
  /** Calls that ended, whatever their code. */
  finished = 0;
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
    this.finished++;
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

  /** The calls that ended with a code over any of these protocols; undefined for none. */
  withCode(code: number, over: readonly ProtocolName[]): Durations | undefined {
    let sum: Durations | undefined;
    for (const protocol of over) sum = sumOf(sum, this.of(protocol, code));
    return sum;
  }

  /** How many calls ended with a code, over all protocols. */
  countOf(code: number): number {
    let count = 0;
    for (let place = code; place < this.#ended.length; place += codeNumbers.length)
      count += this.#ended[place]?.count ?? 0;
    return count;
  }

  /** All calls that ended: a sum that is made anew each time. */
  get all(): Durations {
    const sum = new Durations(this.#bounds);
    for (const part of this.#ended) if (part) sum.add(part);
    return sum;
  }

  /** Calls that began and have not ended. */
  get inFlight(): number {
    return this.started - this.finished;
  }
}

/** Compares by identity: names of protocols are constants. */
function placeOf(protocol: ProtocolName, code: number): number {
  const row = protocol === "grpc" ? 0 : protocol === "grpc-web" ? 1 : protocol === "connect" ? 2 : 3;
  return row * codeNumbers.length + code;
}

/** The sum of two, of which either may be missing; neither of them is changed. */
function sumOf(one: Durations | undefined, other: Durations | undefined): Durations | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const sum = new Durations(one.bounds);
  sum.add(one);
  sum.add(other);
  return sum;
}
