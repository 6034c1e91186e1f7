import { unsentProblem } from "../call/call-state.ts";
import { fragmentOf } from "../route.ts";
import { route } from "../state.ts";
import { unpackCall } from "./packed-call.ts";
import { restoreCall } from "./restore-call.ts";

/** Puts a call that somebody shared into the form; where it is none, says so. Sends nothing, and never rejects. */
export async function openShared(packed: string): Promise<void> {
  try {
    restoreCall(await unpackCall(packed));
    unsentProblem.value = "";
  } catch (error) {
    const first = { room: "explore", method: undefined } as const;
    history.replaceState(undefined, "", fragmentOf(first));
    route.value = first;
    unsentProblem.value = error instanceof Error ? error.message : String(error);
  }
}
