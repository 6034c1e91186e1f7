import type { HandlerContext } from "@connectrpc/connect";

/** Decides something from a call's headers; what it throws ends the call. Returns a promise only where it has to wait. */
export type GateStep = (context: HandlerContext) => void | Promise<void>;

/** Joins steps, the first of them first, into what a lane runs before it reads a body. */
export function joinGate(steps: readonly GateStep[]): GateStep {
  function run(context: HandlerContext, first: number): void | Promise<void> {
    for (let i = first; i < steps.length; i++) {
      const waiting = steps[i]?.(context);
      if (waiting) return waiting.then(() => run(context, i + 1));
    }
  }
  return context => run(context, 0);
}
