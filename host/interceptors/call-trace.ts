import { type ContextValues, createContextKey } from "@connectrpc/connect";
import { traceparentHeader } from "../../protocol/traceparent.ts";

/** The context value that names a call's own span, as `traceparent` does; undefined where the server makes no spans. */
export const spanKey = createContextKey<string | undefined>(undefined, {
  description: "traceparent of the call's span",
});

/** What names a call in logs, metrics and traces: its own span, else the span of its caller. */
export function traceparentOf(
  values: ContextValues,
  headers: { readonly get: (name: string) => string | null },
): string | undefined {
  return values.get(spanKey) ?? headers.get(traceparentHeader) ?? undefined;
}
