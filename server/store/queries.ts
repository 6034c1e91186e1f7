import type { Role, UserRecord } from "./records.ts";

/** Which users to read; restrictions are joined by "and". */
export interface UserFilter {
  readonly role?: Role | undefined;
  /** Texts that the name holds, regardless of letter case. */
  readonly name?: readonly string[] | undefined;
  /** Texts that the email holds, regardless of letter case. */
  readonly email?: readonly string[] | undefined;
  /** Texts that the name or the email holds, regardless of letter case. */
  readonly text?: readonly string[] | undefined;
  /** Defaults to false. */
  readonly includeDeleted?: boolean | undefined;
}

/** A field that users can be sorted by. */
export type OrderField = "id" | "name" | "email" | "createTime";

/**
 * Names and emails sort by the code points of {@link foldText}, in every database alike. Users that are equal in the
 * field follow each other by id, in the same direction.
 */
export interface UserOrder {
  readonly field: OrderField;
  readonly descending: boolean;
}

/** By ascending id. */
export const ORDER_BY_ID: UserOrder = { field: "id", descending: false };

/** The sort key of the last user that was seen, from {@link UserPage}. It need not exist any more. */
export interface UserCursor {
  /** The folded name or email, the create time, or the id. */
  readonly key: string | number;
  readonly id: number;
}

/** Returns the cursor after which a list in an order goes on behind a user. */
export function cursorOf(user: UserRecord, { field }: UserOrder): UserCursor {
  const key = user[field];
  return { key: field === "name" || field === "email" ? foldText(String(key)) : key, id: user.id };
}

/** What {@link UserStore.listUsers} reads. */
export interface UserQuery {
  readonly filter: UserFilter;
  readonly order: UserOrder;
  /** Only users after this one. */
  readonly after?: UserCursor | undefined;
  /** The most users to answer, at least 1. */
  readonly limit: number;
}

/**
 * The text that names and emails are compared, searched and sorted by: NFC, without differences of case as Unicode has
 * them (section 3.13.3, full case folding), so that ß is found as ss and a final ς as σ. All of the letters i, ı, I and İ
 * are one, whatever the language.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  // Down before up, for the capital ẞ has no other upper case.
  const folded = text.normalize("NFC").toLowerCase().toUpperCase().toLowerCase();
  return folded.replaceAll("ς", "σ").replaceAll("i\u0307", "i").normalize("NFC");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the range of ASCII.
const ASCII = /^[\u0000-\u007f]*$/;
