import type { Position } from "./records.ts";

/** A write that the store cannot take now. It left no trace. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
  /** When another try may succeed, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(message: string, options: { readonly retryAfterMs?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 1000;
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

/** The database cannot be opened: it is locked, foreign, damaged, or newer than this program. The message says which. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}
