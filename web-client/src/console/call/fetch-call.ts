import type { CallLog } from "./call-log.ts";
import type { CallPlan } from "./plan.ts";
import { readReplyHead } from "./reply-reader.ts";
import { failure, type Status } from "./status.ts";
import { joinBodies, type WireRequest } from "./wire-request.ts";

/** The server ends a call at its deadline, and says so with a request id; the browser only where that does not come. */
const deadlineGraceMs = 1000;

/**
 * Makes a call by `fetch` and writes it down, to its end. A stream of requests goes as one body: a browser does not send
 * while it receives. Never throws: what fails is the call's end. `signal` cancels it.
 */
export async function fetchCall(
  plan: CallPlan,
  request: WireRequest,
  log: CallLog,
  signal: AbortSignal,
): Promise<void> {
  const { deadlineMs, token } = plan;
  const timer =
    deadlineMs === undefined ? undefined : AbortSignal.timeout(Math.min(deadlineMs + deadlineGraceMs, 2 ** 31 - 1));
  const headers = [...request.headers];
  if (token !== "") headers.push(["authorization", `Bearer ${token}`]);
  try {
    const started = fetch(plan.origin + request.target, {
      method: request.httpMethod,
      headers: headers.map(([name, value]) => [name, value]),
      ...(request.hasBody && { body: joinBodies(request.messages) }),
      signal: timer ? AbortSignal.any([signal, timer]) : signal,
      // Replies of calls are nothing to keep, and a redirect is no answer to one.
      cache: "no-store",
      redirect: "manual",
    });
    for (const message of request.messages) log.sent(message.json, message);
    log.halfClosed();
    await readReply(await started, plan, log);
  } catch (error) {
    log.ended(statusOf(error, signal, timer));
  }
}

async function readReply(response: Response, plan: CallPlan, log: CallLog): Promise<void> {
  const reader = readReplyHead(plan, log, { status: response.status, headers: [...response.headers] });
  const body = response.body?.getReader();
  for (let part = await body?.read(); part && !part.done; part = await body?.read()) reader.push(part.value);
  reader.finish();
}

function statusOf(error: unknown, signal: AbortSignal, timer: AbortSignal | undefined): Status {
  if (signal.aborted) return failure("canceled", "canceled here");
  if (timer?.aborted) return failure("deadline_exceeded", "the server did not answer by the deadline");
  const message = error instanceof Error ? error.message : String(error);
  return failure("unavailable", `the server cannot be reached, or the reply was cut: ${message}`);
}
