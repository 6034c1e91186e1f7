import { signal } from "@preact/signals";
import { CallLog } from "../call/call-log.ts";
import { type CallRecord, type Protocol, protocolNames } from "../call/call-record.ts";
import { fetchCall } from "../call/fetch-call.ts";
import { type CallPlan, isRelayed } from "../call/plan.ts";
import { wireRequest } from "../call/wire-request.ts";
import { httpHead } from "./http-head.ts";

/** One call in one protocol, and what it took. */
export interface Comparison {
  readonly protocol: Protocol;
  readonly record: CallRecord;
  /** Bytes of heads are those of the text; of bodies those of the wire, before compression. */
  readonly requestHeadBytes: number;
  readonly requestBytes: number;
  readonly replyHeadBytes: number;
  /** With the frame that ends the reply. */
  readonly replyBytes: number;
  /** Milliseconds to the first message, and to the end: the middle one of all rounds. */
  readonly firstMs: number | undefined;
  readonly endMs: number;
}

/** What is compared, as it comes. */
export const comparisons = signal<readonly Comparison[]>([]);

/** A stream that has no end is cut after this, in milliseconds. */
const defaultDeadlineMs = 5000;

/** A method without side effects is called so often: the first call pays for the connection. */
const safeRounds = 5;

/** How often each protocol is tried. */
export function roundsOf({ method }: Pick<CallPlan, "method">): number {
  return method.safe ? safeRounds : 1;
}

/** The protocols that can make a call. */
export function protocolsOf({ method }: Pick<CallPlan, "method">): Protocol[] {
  const all = Object.keys(protocolNames) as Protocol[];
  return all.filter(
    protocol => protocol !== "rest" || (method.bindings.length > 0 && method.kind !== "bidi_streaming"),
  );
}

/** Makes a call in each protocol, one after the other. Throws where it cannot be made; `signal` ends it. */
export async function compare(plan: CallPlan, aborted: AbortSignal): Promise<void> {
  comparisons.value = [];
  for (const protocol of protocolsOf(plan)) {
    const records: CallRecord[] = [];
    for (let round = roundsOf(plan); round > 0 && !aborted.aborted; round--) {
      records.push(await callOnce({ ...plan, protocol, deadlineMs: plan.deadlineMs ?? defaultDeadlineMs }, aborted));
    }
    const last = records.at(-1);
    if (last) comparisons.value = [...comparisons.value, comparisonOf(protocol, records, last)];
  }
}

async function callOnce(plan: CallPlan, aborted: AbortSignal): Promise<CallRecord> {
  const request = wireRequest(plan);
  const { protocol, method, deadlineMs } = plan;
  const { httpMethod, target, headers: requestHeaders } = request;
  const start = {
    protocol,
    method: method.path,
    deadlineMs,
    httpMethod,
    target,
    requestHeaders,
    startedAt: Date.now(),
  };
  const log = new CallLog(start, () => {});
  if (isRelayed(plan)) {
    const { relayCall } = await import("../call/relay-call.ts");
    const call = relayCall(plan, log, aborted);
    call.halfClose();
    await call.over;
  } else await fetchCall(plan, request, log, aborted);
  return log;
}

function comparisonOf(protocol: Protocol, records: readonly CallRecord[], record: CallRecord): Comparison {
  const { requestBytes: requestHeadBytes, replyBytes: replyHeadBytes } = httpHead(record);
  return {
    protocol,
    record,
    requestHeadBytes,
    replyHeadBytes,
    requestBytes: record.sentBytes,
    replyBytes: record.receivedBytes + (record.trailers?.bytes.length ?? 0),
    firstMs: middle(records.flatMap(each => each.events.find(({ kind }) => kind === "received")?.atMs ?? [])),
    endMs: middle(records.flatMap(({ end }) => end?.atMs ?? [])) ?? 0,
  };
}

/** The median; of an even number of values the upper one. */
function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
