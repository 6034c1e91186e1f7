import type { ContextValues } from "@connectrpc/connect";
import { requireRole, requireSelfOr } from "../../host/auth/caller.ts";
import type { Selector } from "../directory/feed/selector.ts";

/**
 * Lets a caller follow a selector: itself always, another user with the role viewer, many users with the role admin. Throws
 * PERMISSION_DENIED.
 */
export function requireFollow(values: ContextValues, selector: Selector): void {
  if (selector.kind === "user") requireSelfOr(values, "viewer", String(selector.id));
  else requireRole(values, "admin", "following many users");
}
