import { batch } from "@preact/signals";
import { fragmentOf } from "../route.ts";
import { deadlineText, headersText, protocol, queued, requestText, route, schema } from "../state.ts";
import type { KeptCall } from "./kept-call.ts";

/**
 * Puts a call into the form, and sends nothing. Throws where the server has no such method; the text says so, for people.
 */
export function restoreCall(kept: KeptCall, headers = ""): void {
  if (!schema.value?.methods.has(kept.method)) throw new Error(`This server has no ${kept.method}`);
  const shown = { room: "explore", method: kept.method } as const;
  history.replaceState(undefined, "", fragmentOf(shown));
  // The form follows the method, and begins with an example: the message comes after it.
  route.value = shown;
  batch(() => {
    protocol.value = kept.protocol;
    queued.value = kept.messages.slice(0, -1);
    requestText.value = kept.messages.at(-1) ?? "{}";
    deadlineText.value = kept.deadline;
    headersText.value = headers;
  });
}

/** The call that is typed, as it can be kept. */
export function typedCall(method: string): KeptCall {
  const messages = [...queued.value, requestText.value];
  return { method, protocol: protocol.value, messages, deadline: deadlineText.value.trim() };
}
