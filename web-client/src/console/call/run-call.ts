import { running, unsentProblem } from "./call-state.ts";

/** Loads what makes calls, which the first view does without. Its promise is the same each time. */
export function loadCalls() {
  return import("./make-call.ts");
}

/** Makes the call that is typed; where one runs whose request is open, sends the message that is edited on it. */
export async function send(): Promise<void> {
  const calls = await loadCalls().catch(() => undefined);
  if (!calls) unsentProblem.value = "the part of the console that makes calls could not be loaded";
  else if (running.value?.request) calls.sendMessage();
  else await calls.makeCall();
}

/** Tells the call that runs that no more messages come. */
export async function finish(): Promise<void> {
  (await loadCalls()).finishRequest();
}
