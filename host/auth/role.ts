/** The roles, each including the ones before it. */
export const roles = ["viewer", "editor", "admin"] as const;

/** What a caller may do, besides what is public. */
export type Role = (typeof roles)[number];

/** Tells whether a caller with `role` has at least the role `least`. No role includes none. */
export function includesRole(role: Role | undefined, least: Role): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(least);
}

/** The role a token's claim names, in exactly our spelling; anything else is no role. */
export function roleOf(claim: unknown): Role | undefined {
  return roles.find(role => role === claim);
}
