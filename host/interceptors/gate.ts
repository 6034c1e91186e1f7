import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Logger } from "pino";
import { callInfoKey } from "./call-info.ts";
import { logCall } from "./logging.ts";

/** Decides something from a call's headers; what it throws ends the call. Answers a promise only where it has to wait. */
export type GateStep = (context: HandlerContext) => void | Promise<void>;

/**
 * Joins steps, the first of them first, into what a lane runs before it reads a body. A call that is refused is logged in
 * one line as any other.
 */
export function joinGate(log: Logger, steps: readonly GateStep[]): GateStep {
  function refused({ method, values }: HandlerContext, reason: unknown): never {
    const info = values.get(callInfoKey);
    const { start } = info;
    const error =
      reason instanceof ConnectError
        ? reason
        : new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
    logCall(log, { info, method, start, error });
    throw error;
  }

  function run(context: HandlerContext, first: number): void | Promise<void> {
    for (let i = first; i < steps.length; i++) {
      const waiting = steps[i]?.(context);
      if (waiting) return waiting.then(() => run(context, i + 1));
    }
  }

  return context => {
    try {
      return run(context, 0)?.catch(error => refused(context, error));
    } catch (error) {
      return refused(context, error);
    }
  };
}
