import type { SharedData } from "../store/open-store.ts";
import type { Colleagues } from "./ask-workers.ts";

/** What an app that is one of several workers has beside its settings. */
export interface WorkerParts {
  /** From 1. */
  readonly number: number;
  readonly colleagues: Colleagues;
  /** Undefined where the database is one that each worker opens by itself. */
  readonly data: SharedData | undefined;
}
