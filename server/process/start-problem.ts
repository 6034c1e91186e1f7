import { startProblem as hostProblem } from "../../host/start-problem.ts";
import { StoreInUseError, StoreOpenError } from "../store/errors.ts";

/** What kept a worker from starting, in the words of {@link startProblem} there. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
}

/** What kept the server from starting, in a line where it can be mended from outside; undefined for a fault of its own. */
export function startProblem(error: unknown): string | undefined {
  if (error instanceof WorkerStartError) return error.message;
  return error instanceof StoreOpenError ? storeProblem(error) : hostProblem(error);
}

function storeProblem(error: StoreOpenError): string {
  const { message } = error;
  const named = message.startsWith("DATABASE_") ? message : `DATABASE_URL: ${message}`;
  return error instanceof StoreInUseError ? `${named}; stop that one, or set another DATABASE_URL` : named;
}
