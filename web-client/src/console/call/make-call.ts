import { batch } from "@preact/signals";
import { refusals } from "../form/form-state.ts";
import { parseJson } from "../form/parse-json.ts";
import { call, callRevision, method, protocol, queued, requestText, schema, selectedEvent, token } from "../state.ts";
import { CallLog } from "./call-log.ts";
import { deadline, headers, running, unsentProblem } from "./call-state.ts";
import { fieldProblems } from "./error-details.ts";
import { fetchCall } from "./fetch-call.ts";
import type { CallPlan } from "./plan.ts";
import { type WireRequest, wireRequest } from "./wire-request.ts";

/** The call that is typed. Throws where it cannot be made; the text names what is wrong. */
export function plannedCall(): CallPlan {
  if (!schema.value || !method.value) throw new Error("no method is chosen");
  if (!deadline.value.ok) throw new Error(deadline.value.problem);
  if (!headers.value.ok) throw new Error(headers.value.problem);
  const streams = method.value.kind === "client_streaming" || method.value.kind === "bidi_streaming";
  const texts = streams ? [...queued.value, requestText.value] : [requestText.value];
  const messages = texts.map((text, i) => {
    const reading = parseJson(text);
    if (!reading.ok) throw new Error(`message ${i + 1}, line ${reading.line}: ${reading.problem}`);
    return reading.value;
  });
  return {
    method: method.value,
    protocol: protocol.value,
    messages,
    headers: headers.value.value,
    token: token.value,
    deadlineMs: deadline.value.value,
    registry: schema.value.registry,
    origin: location.origin,
  };
}

/** Makes the call that is typed, and shows it. Resolves once it is over; never rejects. */
export async function makeCall(): Promise<void> {
  if (running.value) return;
  let plan: CallPlan;
  let request: WireRequest;
  try {
    plan = plannedCall();
    request = wireRequest(plan);
    unsentProblem.value = "";
  } catch (error) {
    unsentProblem.value = error instanceof Error ? error.message : String(error);
    return;
  }
  const log = beginLog(plan, request);
  const abort = new AbortController();
  running.value = { cancel: () => abort.abort() };
  const sentText = requestText.value;
  await fetchCall(plan, request, log, abort.signal);
  running.value = undefined;
  // What was changed meanwhile is not what was refused.
  if (log.end && requestText.value === sentText) refusals.value = fieldProblems(log.end.details);
}

/** A log that is shown from now on, drawn at most once a frame. */
export function beginLog(plan: CallPlan, request: WireRequest): CallLog {
  const start = {
    protocol: plan.protocol,
    method: plan.method.path,
    startedAt: Date.now(),
    httpMethod: request.httpMethod,
    target: request.target,
    requestHeaders: request.headers.filter(([name]) => name !== "authorization"),
    deadlineMs: plan.deadlineMs,
  };
  const log = new CallLog(
    start,
    onceAFrame(() => callRevision.value++),
  );
  batch(() => {
    call.value = log;
    selectedEvent.value = undefined;
  });
  return log;
}

/** Does a thing once in the next frame, however often it is asked for. */
function onceAFrame(act: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      act();
    });
  };
}
