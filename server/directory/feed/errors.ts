import { DirectoryError } from "../errors.ts";

/** A subscription that ended before its subscriber wanted, and how to go on. */
export abstract class FeedEndedError extends DirectoryError {
  /** Continues after what was delivered; empty where nothing was that can be continued. */
  readonly resumeToken: string;

  constructor(message: string, resumeToken: string, cause?: unknown) {
    super(message, { cause });
    this.resumeToken = resumeToken;
  }
}

/** The subscriber took so long that its queue is full. */
export class SlowSubscriberError extends FeedEndedError {
  override readonly name = "SlowSubscriberError";
  readonly reason = "SLOW_SUBSCRIBER";
}

/** The server cannot go on, or will not: `cause` says why. */
export class FeedInterruptedError extends FeedEndedError {
  override readonly name = "FeedInterruptedError";
  readonly reason = "FEED_INTERRUPTED";
}

/** Events that the subscription needs are kept no longer. Its token starts at the oldest event that is kept. */
export class HistoryTrimmedError extends FeedEndedError {
  override readonly name = "HistoryTrimmedError";
  readonly reason = "HISTORY_TRIMMED";
}

/** A resume token that another database gave. */
export class OtherDatabaseError extends DirectoryError {
  override readonly name = "OtherDatabaseError";
  readonly reason = "OTHER_DATABASE";

  constructor() {
    super("resume_token is of another database: start anew, with a snapshot");
  }
}

/** As many subscriptions as are allowed, of one caller or of all. */
export class TooManySubscriptionsError extends DirectoryError {
  override readonly name = "TooManySubscriptionsError";
  readonly reason = "TOO_MANY_SUBSCRIPTIONS";
}
