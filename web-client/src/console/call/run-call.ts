import { unsentProblem } from "./call-state.ts";

/** Loads what makes calls, which the first view does without. Its promise is the same each time. */
export function loadCalls() {
  return import("./make-call.ts");
}

/** Makes the call that is typed, and shows it. Resolves once it is over; never rejects. */
export async function startCall(): Promise<void> {
  const calls = await loadCalls().catch(() => undefined);
  if (calls) await calls.makeCall();
  else unsentProblem.value = "the part of the console that makes calls could not be loaded";
}
