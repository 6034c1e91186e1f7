import type { Role, UserRecord } from "../store/records.ts";

export type { Role } from "../store/records.ts";

/** A user of the directory. Times are milliseconds since 1970 in UTC. */
export type User = UserRecord;

/** What a caller says of a user. */
export interface UserInput {
  /** 1 to 200 characters, without the white space around it. */
  readonly name: string;
  /** An address of at most 254 characters; unique regardless of letter case. */
  readonly email: string;
  /** Defaults to `viewer`. */
  readonly role?: Role | undefined;
  /** Years, 0 to 150. */
  readonly age?: number | undefined;
  /** At most 2,000 characters. */
  readonly bio?: string | undefined;
}

/** Reads an id from its text, a decimal number; undefined where no user can have it. */
export function parseUserId(text: string): number | undefined {
  if (!/^[1-9]\d{0,15}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}
