import type { UserRecord } from "../store/records.ts";
import { AnswerTooLargeError } from "./errors.ts";

/**
 * Bytes of the users in one answer, at most. A gRPC client takes 4 MiB unless it is told otherwise; a part of that is
 * left for what stands around the users.
 */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** What a user's other fields and all names take in JSON, at most. */
const OTHER_BYTES = 350;

/** What a character takes in JSON, at most: a control character is written as \u0001. */
const MAX_UNIT_BYTES = 6;

type Texts = Pick<UserRecord, "name" | "email"> & { readonly bio?: string | undefined };

/**
 * Answers about what a user takes on the wire, in the larger of the two forms, which is JSON; never less than it does.
 * `otherBytes` are those of the other fields and all names; the default is right for the largest of our services' users.
 */
export function answerBytes({ name, email, bio = "" }: Texts, otherBytes = OTHER_BYTES): number {
  return otherBytes + jsonBytes(name) + jsonBytes(email) + jsonBytes(bio);
}

/** Returns how many users, from the first, fit into one answer: at least one. */
export function countFitting(users: readonly Texts[]): number {
  // Most answers are far from the bound, and need no closer look.
  const roughly = ({ name, email, bio = "" }: Texts) =>
    OTHER_BYTES + (name.length + email.length + bio.length) * MAX_UNIT_BYTES;
  if (users.reduce((sum, user) => sum + roughly(user), 0) <= MAX_ANSWER_BYTES) return users.length;
  let bytes = 0;
  for (const [index, user] of users.entries()) {
    bytes += answerBytes(user);
    if (bytes > MAX_ANSWER_BYTES) return Math.max(index, 1);
  }
  return users.length;
}

/** Throws {@link AnswerTooLargeError} where users do not all fit into one answer. */
export function requireFitting(users: readonly Texts[]): void {
  if (countFitting(users) < users.length) throw new AnswerTooLargeError(MAX_ANSWER_BYTES);
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
