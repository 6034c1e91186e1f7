import type { Call, HttpVersion } from "./call.ts";
import { type LoadOptions, type LoadReport, loadCall, loadPaths } from "./h2load.ts";
import { type GoodReply, verifyCall } from "./verify.ts";

/** How far the mean size of a load's replies may be from that of the one looked at: times and compression differ. */
const SIZE_TOLERANCE = 0.05;

/**
 * Looks at one reply, then makes the load and answers replies a second. Throws where a reply is bad: by its status, or,
 * as gRPC's failures have status 200, by bodies that are not as long as the good one.
 */
export async function measureCall(
  call: Call,
  options: LoadOptions,
  check: (reply: GoodReply) => boolean = () => true,
): Promise<number> {
  const reply = await verifyCall(options.port, call);
  if (!check(reply)) throw new Error(`${call.path} answered ${reply.message.toString("latin1").slice(0, 200)}`);
  const report = await loadCall(call, options);
  requireGood(report, reply.dataBytes, `${call.format} ${call.path} over HTTP/${call.http}`);
  return report.rate;
}

/** GETs many paths that answer bodies of about `dataBytes` bytes, and answers replies a second. Throws as above. */
export async function measurePaths(
  paths: readonly string[],
  dataBytes: number,
  options: LoadOptions,
  http: HttpVersion = "2",
): Promise<number> {
  const report = await loadPaths(paths, options, http);
  requireGood(report, dataBytes, `GET ${paths[0]} and others`);
  return report.rate;
}

function requireGood(report: LoadReport, dataBytes: number, what: string): void {
  const mean = report.dataBytes / report.done;
  if (report.bad > 0 || Math.abs(mean - dataBytes) > dataBytes * SIZE_TOLERANCE) {
    const { done, bad } = report;
    throw new Error(`${what}: of ${done} replies ${bad} were bad; ${mean} bytes a reply, ${dataBytes} expected`);
  }
}
