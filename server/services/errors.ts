import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { ResumeInfoSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import {
  AnswerTooLargeError,
  DirectoryError,
  EmailTakenError,
  EtagMismatchError,
  IdTooLargeError,
  InvalidFieldError,
  TooManyUsersError,
  UserNotDeletedError,
  UserNotFoundError,
} from "../directory/errors.ts";
import {
  FeedEndedError,
  FeedInterruptedError,
  HistoryTrimmedError,
  OtherDatabaseError,
  SlowSubscriberError,
  TooManySubscriptionsError,
} from "../directory/feed/errors.ts";
import { PositionTrimmedError, StoreUnavailableError } from "../store/errors.ts";

/** The domain of our error reasons, as `google.rpc.ErrorInfo` has it. */
export const ERROR_DOMAIN = "concierge.directory";

type OutgoingDetail = NonNullable<ConstructorParameters<typeof ConnectError>[3]>[number];
type Details = OutgoingDetail[];

/**
 * Returns the error that a client gets for one of the directory or the store: its canonical code, its text, and
 * `google.rpc` details (`ErrorInfo` with the reason, and the index of the user at fault where several were sent;
 * `BadRequest` for bad input; `RetryInfo` where a retry may help), and for a feed `ResumeInfo`. Any other error comes back
 * as it is, for the interceptors to hide.
 */
export function toConnectError(error: unknown): unknown {
  if (error instanceof FeedEndedError) return feedError(error, { resumeToken: error.resumeToken });
  if (error instanceof DirectoryError) {
    return new ConnectError(
      error.message,
      codeOf(error),
      undefined,
      [...badRequest(error), errorInfo(error.reason, error.index)],
      error,
    );
  }
  if (error instanceof StoreUnavailableError) {
    const retry = {
      desc: RetryInfoSchema,
      value: create(RetryInfoSchema, { retryDelay: durationFromMs(error.retryAfterMs) }),
    };
    const reason = error.mayHaveHappened ? "WRITE_MAY_HAVE_HAPPENED" : "STORE_UNAVAILABLE";
    return new ConnectError(error.message, Code.Unavailable, undefined, [retry, errorInfo(reason)], error);
  }
  if (error instanceof PositionTrimmedError) {
    return new ConnectError(error.message, Code.OutOfRange, undefined, [errorInfo("HISTORY_TRIMMED")], error);
  }
  return error;
}

/** Returns the error that a feed ends with, and in its details how to go on. */
export function feedError(error: FeedEndedError, resume: MessageInitShape<typeof ResumeInfoSchema>): ConnectError {
  const detail = { desc: ResumeInfoSchema, value: create(ResumeInfoSchema, resume) };
  if (!(error instanceof FeedInterruptedError)) {
    return new ConnectError(error.message, codeOf(error), undefined, [detail, errorInfo(error.reason)], error);
  }
  const cause = toConnectError(error.cause);
  if (cause instanceof ConnectError) {
    return new ConnectError(cause.rawMessage, cause.code, cause.metadata, [...outgoing(cause), detail], cause.cause);
  }
  if (cause instanceof Error && cause.name === "AbortError") return ConnectError.from(cause, Code.Canceled);
  return new ConnectError("internal error", Code.Internal, undefined, [detail], error.cause);
}

/** The details that a server sends; those of an error that was received are not passed on. */
function outgoing({ details }: ConnectError): Details {
  return details.filter(detail => "desc" in detail);
}

function codeOf(error: DirectoryError): Code {
  if (error instanceof InvalidFieldError) return Code.InvalidArgument;
  if (error instanceof UserNotFoundError) return Code.NotFound;
  if (error instanceof EmailTakenError || error instanceof UserNotDeletedError) return Code.AlreadyExists;
  if (error instanceof EtagMismatchError) return Code.Aborted;
  if (error instanceof TooManyUsersError || error instanceof AnswerTooLargeError) return Code.ResourceExhausted;
  if (error instanceof TooManySubscriptionsError || error instanceof SlowSubscriberError) return Code.ResourceExhausted;
  if (error instanceof IdTooLargeError) return Code.OutOfRange;
  if (error instanceof OtherDatabaseError) return Code.FailedPrecondition;
  if (error instanceof HistoryTrimmedError) return Code.OutOfRange;
  return Code.Unknown;
}

function badRequest(error: DirectoryError): Details {
  if (!(error instanceof InvalidFieldError)) return [];
  const { field, message, reason } = error;
  const value = create(BadRequestSchema, { fieldViolations: [{ field, description: message, reason }] });
  return [{ desc: BadRequestSchema, value }];
}

/** The detail that tells programs what happened, and, where an index is given, to which of the users that were sent. */
export function errorInfo(reason: string, index?: number): OutgoingDetail {
  const metadata: Record<string, string> = index === undefined ? {} : { index: String(index) };
  return { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: ERROR_DOMAIN, metadata }) };
}
