import { computed, signal } from "@preact/signals";
import type { CallRecord, Protocol } from "./call/call-record.ts";
import { type Route, readRoute } from "./route.ts";
import type { Method, Schema } from "./schema/schema.ts";

/** What the server's contracts say; undefined until they are here. */
export const schema = signal<Schema | undefined>(undefined);

/** Why there are none; empty where nothing is wrong. */
export const schemaProblem = signal("");

/** What is shown; follows the address's fragment. */
export const route = signal<Route>(readRoute(""));

/** The method that is shown in Explore: the one that the address names, or the first that can be called without ado. */
export const method = computed<Method | undefined>(() => {
  const known = schema.value;
  const named = route.value.room === "explore" ? route.value.method : undefined;
  if (!known) return undefined;
  return named === undefined ? firstMethod(known) : known.methods.get(named);
});

/**
 * The message that is edited, in Protobuf JSON. The form and the text are two views of this one text: what it says wins, and
 * while it is no JSON the form waits.
 */
export const requestText = signal("{}");

/** Further messages of a stream, in Protobuf JSON; they are sent before the one that is edited. */
export const queued = signal<readonly string[]>([]);

/** How the next call is made. */
export const protocol = signal<Protocol>("connect-json");

/** Milliseconds; empty for none. */
export const deadlineText = signal("");

/** A `name: value` a line. */
export const headersText = signal("");

/** An access token. Kept in memory only: neither history nor a link nor a command has it. */
export const token = signal("");

/** The call that is shown, running or over. */
export const call = signal<CallRecord | undefined>(undefined);

/** Counts the frames in which {@link call} has changed: a view that reads it is drawn again, at most once a frame. */
export const callRevision = signal(0);

/** The call that is shown, for views: whoever reads it here is drawn again as it grows. */
export function shownCall(): CallRecord | undefined {
  void callRevision.value;
  return call.value;
}

/** The event that is shown in full, counted from the call's first, dropped ones among them; undefined for the newest reply. */
export const selectedEvent = signal<number | undefined>(undefined);

/** What stands at the right. */
export type ReplyTab = "timeline" | "wire" | "compare" | "history";
export const replyTab = signal<ReplyTab>("timeline");

function firstMethod({ services }: Schema): Method | undefined {
  const methods = services.flatMap(service => service.methods);
  return methods.find(({ kind, role }) => kind === "unary" && (role === undefined || role === "public")) ?? methods[0];
}

/** Whether the search over all methods is shown. */
export const paletteOpen = signal(false);
