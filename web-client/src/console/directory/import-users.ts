import type { JsonObject } from "@bufbuild/protobuf";
import { CallLog } from "../call/call-log.ts";
import type { End } from "../call/call-record.ts";
import { fetchCall } from "../call/fetch-call.ts";
import type { CallPlan } from "../call/plan.ts";
import { wireRequest } from "../call/wire-request.ts";

/** Users of one call. The service stores all of them or none, and takes 10,000 at most. */
const batchSize = 500;

/** An import that goes on where it stopped. */
export interface Import {
  readonly users: readonly JsonObject[];
  /** Of the batch that comes next: sent again where it is not known whether it was stored, it is stored once. */
  readonly requestId: string;
  /** Users that are stored. */
  readonly done: number;
  /** Why it stopped; undefined while it goes on, and where all is done. */
  readonly failure: End | undefined;
}

/** An import that has not begun. */
export function newImport(users: readonly JsonObject[]): Import {
  return { users, requestId: crypto.randomUUID(), done: 0, failure: undefined };
}

/**
 * Stores what is left of an import, batch by batch, and tells of each. Stops at the first batch that is refused. `plan` is a
 * call of `ImportUsers` without messages.
 */
export async function runImport(
  from: Import,
  plan: CallPlan,
  signal: AbortSignal,
  onProgress: (state: Import) => void,
): Promise<void> {
  let state: Import = { ...from, failure: undefined };
  onProgress(state);
  while (state.done < state.users.length && !state.failure) {
    const batch = state.users.slice(state.done, state.done + batchSize);
    const end = await importBatch(batch, state.requestId, plan, signal);
    state =
      end.code === "ok"
        ? { ...state, done: state.done + batch.length, requestId: crypto.randomUUID() }
        : { ...state, failure: end };
    onProgress(state);
  }
}

async function importBatch(
  users: readonly JsonObject[],
  requestId: string,
  plan: CallPlan,
  signal: AbortSignal,
): Promise<End> {
  // The first message has the id of the whole call.
  const messages = users.map((user, i): JsonObject => (i === 0 ? { user, requestId } : { user }));
  const log = new CallLog(
    {
      protocol: plan.protocol,
      method: plan.method.path,
      httpMethod: "POST",
      target: `/${plan.method.path}`,
      requestHeaders: [],
      deadlineMs: undefined,
      startedAt: Date.now(),
    },
    () => {},
  );
  try {
    const whole = { ...plan, messages };
    await fetchCall(whole, wireRequest(whole), log, signal);
  } catch (error) {
    log.ended({
      code: "invalid_argument",
      message: error instanceof Error ? error.message : String(error),
      details: [],
    });
  }
  return log.end as End;
}
