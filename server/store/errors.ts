import type { Position } from "./records.ts";

/** What the store cannot do now. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
  /** When another try may succeed, in milliseconds. */
  readonly retryAfterMs: number;
  /** Whether a write may have happened all the same. False, the default, means that it left no trace. */
  readonly mayHaveHappened: boolean;

  constructor(
    message: string,
    options: { readonly retryAfterMs?: number; readonly mayHaveHappened?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 1000;
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/** Events after the position that was asked for are kept no longer. */
export class PositionTrimmedError extends Error {
  override readonly name = "PositionTrimmedError";
  /** The first position that can still be read on from. */
  readonly oldest: Position;

  constructor(oldest: Position) {
    super("events after this position are kept no longer");
    this.oldest = oldest;
  }
}

/**
 * The database has no event at the position, or another one: it is restored from a backup, or its server took over from one
 * whose last events it never got.
 */
export class PositionAheadError extends Error {
  override readonly name = "PositionAheadError";

  constructor() {
    super("this position lies ahead of the history");
  }
}

/** The database cannot be opened: it is locked, foreign, damaged, or newer than this program. The message says which. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}
