/** What the directory refuses to do. Its text is for the caller; `reason` is for programs and never changes. */
export abstract class DirectoryError extends Error {
  abstract readonly reason: string;
  /** Where several users were sent: which one is at fault, from 0. */
  readonly index: number | undefined = undefined;
}

/** A field of a request breaks a rule. The text names the field, quotes its value and states the bound. */
export class InvalidFieldError extends DirectoryError {
  override readonly name = "InvalidFieldError";
  readonly reason:
    | "INVALID_FIELD"
    | "REQUEST_ID_REUSED"
    | "INVALID_PAGE_TOKEN"
    | "INVALID_RESUME_TOKEN"
    | "DUPLICATE_SUBSCRIPTION";
  /** The field's name, or its path where it stands within another: `email`, `selector.user_id`. */
  readonly field: string;
  override readonly index: number | undefined;

  constructor(field: string, message: string, reason: InvalidFieldError["reason"] = "INVALID_FIELD", index?: number) {
    super(message);
    this.field = field;
    this.index = index;
    this.reason = reason;
  }
}

/** There is no such user, or it is deleted and what was asked for needs one that is not. */
export class UserNotFoundError extends DirectoryError {
  override readonly name = "UserNotFoundError";
  readonly reason = "USER_NOT_FOUND";

  constructor(key: string, deleted = false) {
    super(`user ${quote(key)} ${deleted ? "is deleted" : "not found"}`);
  }
}

/** Another user has the email, in whatever letter case. */
export class EmailTakenError extends DirectoryError {
  override readonly name = "EmailTakenError";
  readonly reason = "EMAIL_TAKEN";
  override readonly index: number | undefined;

  constructor(email: string | undefined, index?: number) {
    const text = email === undefined ? "the email is taken" : `email ${quote(email)} is taken`;
    super(index === undefined ? text : `user ${index}: ${text}`);
    this.index = index;
  }
}

/** An undelete of a user that is not deleted. */
export class UserNotDeletedError extends DirectoryError {
  override readonly name = "UserNotDeletedError";
  readonly reason = "USER_NOT_DELETED";

  constructor(id: string) {
    super(`user ${quote(id)} is not deleted`);
  }
}

/** The user has changed since the caller read it: read it again, then decide again. */
export class EtagMismatchError extends DirectoryError {
  override readonly name = "EtagMismatchError";
  readonly reason = "ETAG_MISMATCH";

  constructor(id: string, etag: string) {
    super(`user ${quote(id)} has changed: etag ${quote(etag)} is not its current one`);
  }
}

/** More users in one import than are taken. */
export class TooManyUsersError extends DirectoryError {
  override readonly name = "TooManyUsersError";
  readonly reason = "TOO_MANY_USERS";

  constructor(limit: number) {
    super(`more than ${limit} users in one import`);
  }
}

/** The users of an answer would be more than a client takes in one message: ask for fewer, or for a stream. */
export class AnswerTooLargeError extends DirectoryError {
  override readonly name = "AnswerTooLargeError";
  readonly reason = "ANSWER_TOO_LARGE";

  constructor(maxBytes: number) {
    super(`the users of the answer have more than ${maxBytes} bytes, which is the most for one message`);
  }
}

/** A user's id is larger than the caller's service can tell. */
export class IdTooLargeError extends DirectoryError {
  override readonly name = "IdTooLargeError";
  readonly reason = "ID_TOO_LARGE";

  constructor(maxId = Number.MAX_SAFE_INTEGER) {
    super(`the user's id is above ${maxId}, the largest that this service can tell`);
  }
}

/** The longest value that an error quotes, in UTF-16 units. */
const MAX_QUOTE = 64;

/** Puts a caller's value between quotes, cut where it is long. */
export function quote(value: string): string {
  const text = value.toWellFormed();
  return text.length > MAX_QUOTE ? `"${text.slice(0, MAX_QUOTE).toWellFormed()}…"` : `"${text}"`;
}
