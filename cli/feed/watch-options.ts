import type { MessageInitShape } from "@bufbuild/protobuf";
import { type SelectorSchema, Start } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { roleNames } from "../users/user-text.ts";

/** Which events are meant: one user's, those of a role, or all. */
export function toSelector(id?: string, role?: string): MessageInitShape<typeof SelectorSchema> {
  if (id !== undefined) return { kind: { case: "userId", value: id } };
  const known = role === undefined ? undefined : roleNames.get(role);
  return { kind: known === undefined ? { case: "all", value: true } : { case: "role", value: known } };
}

/** Where to begin; unset is now, or after a resume token. */
export function toStart(from?: "now" | "earliest" | "snapshot"): Start {
  return {
    now: Start.NOW,
    earliest: Start.EARLIEST,
    snapshot: Start.SNAPSHOT_THEN_FOLLOW,
    unset: Start.UNSPECIFIED,
  }[from ?? "unset"];
}
