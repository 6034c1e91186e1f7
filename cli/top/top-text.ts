import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  AdminService,
  Party,
  type RunningCall,
  type WatchCountersResponse,
} from "../../gen/concierge/admin/v1/admin_pb.ts";
import type { Column } from "../output.ts";
import type { MethodRate } from "./rates.ts";

/** The columns of the methods. */
export const rateColumns: readonly Column<MethodRate>[] = [
  { title: "METHOD", text: ({ method }) => method, width: 60 },
  { title: "CALLS/S", text: ({ perSecond }) => number(perSecond) },
  { title: "ERRORS/S", text: ({ errorsPerSecond }) => number(errorsPerSecond) },
  { title: "P50", text: ({ p50 }) => time(p50) },
  { title: "P99", text: ({ p99 }) => time(p99) },
  { title: "IN FLIGHT", text: ({ inFlight }) => String(inFlight) },
];

const parties: Readonly<Record<Party, string>> = {
  [Party.UNSPECIFIED]: "",
  [Party.CLIENT]: "client",
  [Party.HANDLER]: "handler",
};

/** The columns of the calls that run. */
export const callColumns: readonly Column<RunningCall>[] = [
  { title: "AGE", text: ({ age }) => time(age && durationMs(age) / 1000) },
  { title: "METHOD", text: ({ method }) => method, width: 60 },
  { title: "CALLER", text: ({ caller }) => caller, width: 30 },
  { title: "PEER", text: ({ peer }) => peer, width: 30 },
  { title: "IN", text: ({ messagesReceived }) => String(messagesReceived) },
  { title: "OUT", text: ({ messagesSent }) => String(messagesSent) },
  { title: "WAITS FOR", text: ({ waitsFor }) => parties[waitsFor] ?? "" },
];

/** Whether a call is one of those that look at the others. */
export function isLooking({ method }: Pick<RunningCall, "method">): boolean {
  return method.startsWith(`${AdminService.typeName}/`);
}

/** How the process is, in a line. */
export function processLine({ process, eventLoop, memory, connections }: WatchCountersResponse): string {
  const { host = "", pid = 0, uptime } = process ?? {};
  const { http1 = 0, http2 = 0, unknown = 0 } = connections ?? {};
  const lag = eventLoop?.lagP99 && durationMs(eventLoop.lagP99) / 1000;
  return [
    `${host} pid ${pid}, up ${time(uptime && durationMs(uptime) / 1000)}`,
    `${http1 + http2 + unknown} connections (${http1} HTTP/1.1, ${http2} HTTP/2)`,
    `event loop ${percent(eventLoop?.utilization ?? 0)} busy, p99 ${time(lag)} late`,
    `heap ${megabytes(memory?.heapUsed)} of ${megabytes(memory?.heapTotal)} MB`,
  ].join(" · ");
}

function number(value: number): string {
  return value === 0 ? "0" : value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** `0.4 ms`, `12 s`, `3 h`; empty where it is not known. */
function time(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  if (seconds < 1) return `${(seconds * 1000).toPrecision(2)} ms`.replace(/^1\.0e\+3/, "1000");
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function megabytes(bytes = 0n): string {
  return (Number(bytes) / 1e6).toFixed(0);
}
