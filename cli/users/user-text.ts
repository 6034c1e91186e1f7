import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { Role, type User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { Column } from "../output.ts";

/** The roles as they are typed and shown. */
export const roleNames: ReadonlyMap<string, Role> = new Map([
  ["viewer", Role.VIEWER],
  ["editor", Role.EDITOR],
  ["admin", Role.ADMIN],
]);

/** A role as it is typed and shown; one that is not known here as its number. */
export function roleName(role: Role): string {
  for (const [name, known] of roleNames) if (known === role) return name;
  return role === Role.UNSPECIFIED ? "" : String(role);
}

/** A time in UTC, to the second; "" where there is none. */
export function timeText(time: Timestamp | undefined): string {
  return time === undefined
    ? ""
    : timestampDate(time)
        .toISOString()
        .replace(/\.\d+Z$/, "Z");
}

/** How users stand in a table. */
export const userColumns: readonly Column<User>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "NAME", text: ({ name }) => name, width: 32 },
  { title: "EMAIL", text: ({ email }) => email, width: 44 },
  { title: "ROLE", text: ({ role }) => roleName(role) },
  { title: "AGE", text: ({ age }) => age?.toString() ?? "" },
  { title: "CREATED", text: ({ createTime }) => timeText(createTime) },
];

/** The column that is worth its place where deleted users are shown. */
export const deletedColumn: Column<User> = { title: "DELETED", text: ({ deleteTime }) => timeText(deleteTime) };

/** A user's fields below each other. */
export function userFields(user: User): (readonly [string, string])[] {
  return [
    ["id", user.id],
    ["name", user.name],
    ["email", user.email],
    ["role", roleName(user.role)],
    ["age", user.age?.toString() ?? ""],
    ["bio", user.bio ?? ""],
    ["created", timeText(user.createTime)],
    ["updated", timeText(user.updateTime)],
    ["deleted", timeText(user.deleteTime)],
    ["etag", user.etag],
  ];
}
