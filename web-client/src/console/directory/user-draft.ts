import type { JsonObject } from "@bufbuild/protobuf";
import { Role, type User } from "../../../../client/web.ts";

/** The fields of a user that people change, as they are typed. */
export interface UserDraft {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** Years; empty where the age is not known. */
  readonly age: string;
  readonly bio: string;
}

const roleNames: Readonly<Record<number, string>> = {
  [Role.VIEWER]: "viewer",
  [Role.EDITOR]: "editor",
  [Role.ADMIN]: "admin",
};

/** What a role is called; a number where it is one of a newer contract. */
export function roleName(role: Role): string {
  return roleNames[role] ?? String(role);
}

/** The names of the fields, in the order of the form; those of the contract, and of a mask. */
export const draftFields = ["name", "email", "role", "age", "bio"] as const satisfies readonly (keyof UserDraft)[];
export type DraftField = (typeof draftFields)[number];

export const emptyDraft: UserDraft = { name: "", email: "", role: Role.VIEWER, age: "", bio: "" };

/** A user as the form has it. */
export function draftOf(user: User): UserDraft {
  const { name, email, role, age, bio } = user;
  return { name, email, role, age: age === undefined ? "" : String(age), bio: bio ?? "" };
}

/** The fields in which two drafts differ. */
export function changedFields(before: UserDraft, after: UserDraft): DraftField[] {
  return draftFields.filter(field => before[field] !== after[field]);
}

/** What is sent of a draft: fields that are empty are unset, which with a mask clears them. */
export function userOf({ name, email, role, age, bio }: UserDraft) {
  return {
    name,
    email,
    role,
    ...(age.trim() !== "" && { age: Number(age) }),
    ...(bio !== "" && { bio }),
  };
}

/** A draft in Protobuf JSON, for the rules of the contract. An age that is no number stays as it was typed. */
export function jsonOf(draft: UserDraft): JsonObject {
  const { name, email, role, age, bio } = draft;
  const years = age.trim();
  return {
    name,
    email,
    role: `ROLE_${roleName(role).toUpperCase()}`,
    ...(years !== "" && { age: /^-?\d+$/.test(years) ? Number(years) : years }),
    ...(bio !== "" && { bio }),
  };
}

/** A field that somebody else has changed while it was edited here. */
export interface Conflict {
  readonly field: DraftField;
  readonly mine: string;
  readonly theirs: string;
}

/** A draft that goes on from what others have made of a user, and where both have changed the same. */
export interface Merge {
  /** What others changed, with what was changed here over it. */
  readonly draft: UserDraft;
  readonly theirs: UserDraft;
  readonly conflicts: readonly Conflict[];
  /** What others changed and nobody did here. */
  readonly taken: readonly DraftField[];
}

/** Puts the changes from `before` to `mine` over `theirs`. */
export function mergeDrafts(before: UserDraft, mine: UserDraft, theirs: UserDraft): Merge {
  const changedHere = changedFields(before, mine);
  const changedThere = changedFields(before, theirs);
  const draft = Object.fromEntries(
    draftFields.map(field => [field, (changedHere.includes(field) ? mine : theirs)[field]]),
  ) as unknown as UserDraft;
  const both = changedHere.filter(field => changedThere.includes(field) && mine[field] !== theirs[field]);
  return {
    draft,
    theirs,
    conflicts: both.map(field => ({ field, mine: shown(mine, field), theirs: shown(theirs, field) })),
    taken: changedThere.filter(field => !changedHere.includes(field)),
  };
}

/** A field in words. */
export function shown(draft: UserDraft, field: DraftField): string {
  if (field === "role") return roleName(draft.role);
  return draft[field] === "" ? "nothing" : String(draft[field]);
}
