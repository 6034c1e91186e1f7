import type { EventRecord, Role } from "../../store/records.ts";

/** Which events a subscription is about: those of one user; those of users that have a role, or had it until the event; or all. */
export type Selector =
  | { readonly kind: "user"; readonly id: number }
  | { readonly kind: "role"; readonly role: Role }
  | { readonly kind: "all" };

/** A text that two selectors share exactly where they select the same. */
export function selectorKey(selector: Selector): string {
  switch (selector.kind) {
    case "user":
      return `user ${selector.id}`;
    case "role":
      return `role ${selector.role}`;
    case "all":
      return "all";
  }
}

/** Tells whether an event is one of those that are selected. */
export function selects(selector: Selector, { userId, user, before }: EventRecord): boolean {
  switch (selector.kind) {
    case "user":
      return userId === selector.id;
    case "role":
      return user?.role === selector.role || before?.role === selector.role;
    case "all":
      return true;
  }
}
