import type { JsonValue } from "@bufbuild/protobuf";
import { computed, signal } from "@preact/signals";
import { deadlineText, headersText } from "../state.ts";
import { readDeadline, readHeaders } from "./plan.ts";

/** A call that is not over: what can still be done with it. */
export interface RunningCall {
  cancel(): void;
  /** Goes on with the request; undefined where it was sent as a whole. */
  readonly request: OpenRequest | undefined;
}

/** A request that is not complete. */
export interface OpenRequest {
  /** Sends a message. Throws where it is none of the method's type. */
  send(json: JsonValue): void;
  /** Sends no more. */
  halfClose(): void;
}

/** The call that runs. There is one at a time: a second one would be written over the first. */
export const running = signal<RunningCall | undefined>(undefined);

/** Why the last call was not made: what somebody typed is no message, no deadline, no header. Empty where it was. */
export const unsentProblem = signal("");

/** What is typed for deadline and headers, read. */
export const deadline = computed(() => readDeadline(deadlineText.value));
export const headers = computed(() => readHeaders(headersText.value));
