import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { Role, type User, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type Role as RoleName, roleOf, roles } from "../../host/auth/role.ts";
import { LineError } from "../input.ts";
import type { Column, Output } from "../output.ts";

/** The roles as they are typed and shown. */
export const roleNames: ReadonlyMap<string, Role> = new Map([
  ["viewer", Role.VIEWER],
  ["editor", Role.EDITOR],
  ["admin", Role.ADMIN],
]);

/** Returns a role as it is typed and shown; the number of one that is not known here. */
export function roleName(role: Role): string {
  for (const [name, known] of roleNames) if (known === role) return name;
  return role === Role.UNSPECIFIED ? "" : String(role);
}

/** Reads a role in any case, also as the contract spells it (`ROLE_ADMIN`); "" is unset. Throws {@link LineError}. */
export function toRole(line: number, text: string): RoleName | undefined {
  const name = text.toLowerCase().replace(/^role_/, "");
  if (name === "" || name === "unspecified") return undefined;
  const role = roleOf(name);
  if (role === undefined) throw new LineError(line, `role "${text}" is not one of ${roles.join(", ")}`);
  return role;
}

/** Returns a time in UTC, to the second; "" where there is none. */
export function timeText(time: Timestamp | undefined): string {
  return time === undefined
    ? ""
    : timestampDate(time)
        .toISOString()
        .replace(/\.\d+Z$/, "Z");
}

/** The columns of a table of users. */
export const userColumns: readonly Column<User>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "NAME", text: ({ name }) => name, width: 32 },
  { title: "EMAIL", text: ({ email }) => email, width: 44 },
  { title: "ROLE", text: ({ role }) => roleName(role) },
  { title: "AGE", text: ({ age }) => age?.toString() ?? "" },
  { title: "CREATED", text: ({ createTime }) => timeText(createTime) },
];

/** A further column where deleted users are shown. */
export const deletedColumn: Column<User> = { title: "DELETED", text: ({ deleteTime }) => timeText(deleteTime) };

/** Returns a user's fields as titles and texts. */
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

/** Prints a user: its fields for people, one JSON object for programs. */
export async function printUser(output: Output, user: User): Promise<void> {
  if (output.forPeople) await output.fields(userFields(user));
  else await output.json(userJson(user));
}

/** Returns a user as programs get it. */
export function userJson(user: User): JsonValue {
  return toJson(UserSchema, user);
}
