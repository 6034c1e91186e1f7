import type { UserChanges } from "../store/records.ts";
import { InvalidFieldError, quote } from "./errors.ts";
import type { UserInput } from "./user.ts";
import { checkAge, checkBio, checkEmail, checkName } from "./user-rules.ts";

const FIELDS = ["name", "email", "role", "age", "bio"] as const;

type Field = (typeof FIELDS)[number];

/**
 * Returns the changes that a mask picks from a user. `*` picks all five fields; an empty mask picks those that are set
 * (AIP-134). A picked field that is not set goes back to what it is by default: no age, no bio, the role `viewer`.
 * Throws {@link InvalidFieldError} where a path is unknown or a picked field breaks its rule.
 */
export function toChanges(user: Partial<UserInput>, paths: readonly string[]): UserChanges {
  const changes: { -readonly [key in keyof UserChanges]: UserChanges[key] } = {};
  for (const field of pickFields(user, paths)) {
    if (field === "name") changes.name = checkName(user.name ?? "");
    if (field === "email") changes.email = checkEmail(user.email ?? "");
    if (field === "role") changes.role = user.role ?? "viewer";
    if (field === "age") changes.age = checkAge(user.age);
    if (field === "bio") changes.bio = checkBio(user.bio);
  }
  return changes;
}

function pickFields(user: Partial<UserInput>, paths: readonly string[]): readonly Field[] {
  if (paths.length === 0) return FIELDS.filter(field => user[field] !== undefined);
  const unknown = paths.find(path => path !== "*" && !FIELDS.some(field => field === path));
  if (unknown !== undefined) {
    const message = `update_mask has path ${quote(unknown)}: ${FIELDS.join(", ")} and * are understood`;
    throw new InvalidFieldError("update_mask", message);
  }
  return paths.includes("*") ? FIELDS : FIELDS.filter(field => paths.includes(field));
}
