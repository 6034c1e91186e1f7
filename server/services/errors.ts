import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import {
  DirectoryError,
  EmailTakenError,
  EtagMismatchError,
  InvalidFieldError,
  TooManyUsersError,
  UserNotDeletedError,
  UserNotFoundError,
} from "../directory/errors.ts";
import { PositionTrimmedError, StoreUnavailableError } from "../store/errors.ts";

/** The domain of our error reasons, as `google.rpc.ErrorInfo` has it. */
export const ERROR_DOMAIN = "concierge.directory";

type Details = NonNullable<ConstructorParameters<typeof ConnectError>[3]>;

/**
 * Answers the error that a client gets for one of the directory or the store: its canonical code, its text, and
 * `google.rpc` details (`ErrorInfo` with the reason; `BadRequest` for bad input; `RetryInfo` where a retry may help). Any
 * other error comes back as it is, for the interceptors to hide.
 */
export function toConnectError(error: unknown): unknown {
  if (error instanceof DirectoryError) {
    return new ConnectError(error.message, codeOf(error), undefined, [...badRequest(error), info(error.reason)], error);
  }
  if (error instanceof StoreUnavailableError) {
    const retry = {
      desc: RetryInfoSchema,
      value: create(RetryInfoSchema, { retryDelay: durationFromMs(error.retryAfterMs) }),
    };
    return new ConnectError(error.message, Code.Unavailable, undefined, [retry, info("STORE_UNAVAILABLE")], error);
  }
  if (error instanceof PositionTrimmedError) {
    return new ConnectError(error.message, Code.OutOfRange, undefined, [info("HISTORY_TRIMMED")], error);
  }
  return error;
}

function codeOf(error: DirectoryError): Code {
  if (error instanceof InvalidFieldError) return Code.InvalidArgument;
  if (error instanceof UserNotFoundError) return Code.NotFound;
  if (error instanceof EmailTakenError || error instanceof UserNotDeletedError) return Code.AlreadyExists;
  if (error instanceof EtagMismatchError) return Code.Aborted;
  if (error instanceof TooManyUsersError) return Code.ResourceExhausted;
  return Code.Unknown;
}

function badRequest(error: DirectoryError): Details {
  if (!(error instanceof InvalidFieldError)) return [];
  const { field, message, reason } = error;
  const value = create(BadRequestSchema, { fieldViolations: [{ field, description: message, reason }] });
  return [{ desc: BadRequestSchema, value }];
}

function info(reason: string): Details[number] {
  return { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: ERROR_DOMAIN }) };
}
