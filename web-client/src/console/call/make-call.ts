import type { JsonValue } from "@bufbuild/protobuf";
import { batch } from "@preact/signals";
import { refusals } from "../form/form-state.ts";
import { parseJson } from "../form/parse-json.ts";
import { call, callRevision, method, protocol, queued, requestText, schema, selectedEvent, token } from "../state.ts";
import { CallLog } from "./call-log.ts";
import { deadline, headers, running, unsentProblem } from "./call-state.ts";
import { fieldProblems } from "./error-details.ts";
import { fetchCall } from "./fetch-call.ts";
import { type CallPlan, isRelayed } from "./plan.ts";
import { type WireRequest, wireRequest } from "./wire-request.ts";

/** The call that is typed. Throws where it cannot be made; the text names what is wrong. */
export function plannedCall(): CallPlan {
  if (!schema.value || !method.value) throw new Error("no method is chosen");
  if (!deadline.value.ok) throw new Error(deadline.value.problem);
  if (!headers.value.ok) throw new Error(headers.value.problem);
  const streams = method.value.kind === "client_streaming" || method.value.kind === "bidi_streaming";
  const texts = streams ? [...queued.value, requestText.value] : [requestText.value];
  return {
    method: method.value,
    protocol: protocol.value,
    messages: texts.map((text, i) => readMessage(text, i)),
    headers: headers.value.value,
    token: token.value,
    deadlineMs: deadline.value.value,
    registry: schema.value.registry,
    origin: location.origin,
  };
}

function readMessage(text: string, index: number): JsonValue {
  const reading = parseJson(text);
  if (reading.ok) return reading.value;
  throw new Error(`message ${index + 1}, line ${reading.line}: ${reading.problem}`);
}

/** Makes the call that is typed, and shows it. Resolves once it is over; never rejects. */
export async function makeCall(): Promise<void> {
  if (running.value) return;
  const abort = new AbortController();
  const cancel = () => abort.abort();
  const sentText = requestText.value;
  let log: CallLog;
  let over: Promise<void>;
  // A second click must not begin a second call while the relay's code is loaded.
  running.value = { cancel, request: undefined };
  try {
    const plan = plannedCall();
    const request = wireRequest(plan);
    unsentProblem.value = "";
    log = beginLog(plan, request);
    if (isRelayed(plan)) {
      const { relayCall } = await import("./relay-call.ts");
      const relayed = relayCall(plan, log, abort.signal);
      if (plan.method.kind !== "bidi_streaming") relayed.halfClose();
      else running.value = { cancel, request: relayed };
      over = relayed.over;
    } else over = fetchCall(plan, request, log, abort.signal);
  } catch (error) {
    unsentProblem.value = textOf(error);
    running.value = undefined;
    return;
  }
  await over;
  running.value = undefined;
  // What was changed meanwhile is not what was refused.
  if (log.end && requestText.value === sentText) refusals.value = fieldProblems(log.end.details);
}

/** Sends the message that is edited on the call that runs. */
export function sendMessage(): void {
  try {
    running.value?.request?.send(readMessage(requestText.value, 0));
    unsentProblem.value = "";
  } catch (error) {
    unsentProblem.value = textOf(error);
  }
}

/** Tells the call that runs that no more messages come. */
export function finishRequest(): void {
  const { value: call } = running;
  call?.request?.halfClose();
  if (call) running.value = { ...call, request: undefined };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A log that is shown from now on, drawn at most once a frame. */
function beginLog(plan: CallPlan, request: WireRequest): CallLog {
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
