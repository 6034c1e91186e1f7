import { Code } from "@connectrpc/connect";
import { refuse } from "../auth/refusal.ts";
import { callerOf } from "./call-info.ts";
import type { GateStep } from "./gate.ts";

/** Refuses a stream with RESOURCE_EXHAUSTED while its caller has `max` open ones. However a stream ends, it is counted off. */
export function limitStreams(max: number): GateStep {
  const open = new Map<string, number>();

  return context => {
    // To ask for the signal makes one, which would be the dearest step of a unary call's gate.
    if (context.method.methodKind === "unary" || context.signal.aborted) return;
    const key = callerOf(context);
    const count = open.get(key) ?? 0;
    if (count >= max) {
      throw refuse(context.values, {
        code: Code.ResourceExhausted,
        message: `more than ${max} streams of one caller at a time`,
        reason: "TOO_MANY_STREAMS",
        metadata: { limit: String(max) },
      });
    }
    open.set(key, count + 1);
    context.signal.addEventListener(
      "abort",
      () => {
        const left = (open.get(key) ?? 1) - 1;
        if (left > 0) open.set(key, left);
        else open.delete(key);
      },
      { once: true },
    );
  };
}
