import type { FromMember, ToMember } from "../store/sqlite/shared-messages.ts";

/** What a worker answered, and which one it was. */
export interface WorkerAnswer {
  /** From 1. */
  readonly worker: number;
  readonly answer: unknown;
}

/** What a worker is started with. */
export interface WorkerTask {
  /** The settings, as text. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its number, from 1; the one that takes its place has the same. */
  readonly number: number;
  /** How many there are. */
  readonly workers: number;
  /** The data file that the supervisor has; undefined where each worker opens the database by itself. */
  readonly dataFile: string | undefined;
}

/** What the supervisor tells a worker. */
export type ToWorker =
  | { readonly kind: "start"; readonly task: WorkerTask }
  /** Comes with a socket. */
  | { readonly kind: "connection"; readonly ticket: number }
  /** Finish what is under way, and end. */
  | { readonly kind: "drain" }
  /** Cut what is left of that. */
  | { readonly kind: "abort" }
  | { readonly kind: "reload certificates" }
  | { readonly kind: "store"; readonly message: ToMember }
  | { readonly kind: "question"; readonly ticket: number; readonly question: string }
  | { readonly kind: "answers"; readonly ticket: number; readonly answers: readonly WorkerAnswer[] };

/** What a worker tells. */
export type FromWorker =
  /** It takes connections. */
  | { readonly kind: "ready" }
  /** It cannot, for this reason, and ends. */
  | { readonly kind: "failed"; readonly problem: string }
  /** It has the connection of this ticket. */
  | { readonly kind: "taken"; readonly ticket: number }
  | { readonly kind: "store"; readonly message: FromMember }
  | { readonly kind: "ask"; readonly ticket: number; readonly question: string; readonly timeoutMs: number }
  | { readonly kind: "answer"; readonly ticket: number; readonly answer: unknown };
