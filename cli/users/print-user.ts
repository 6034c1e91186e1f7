import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { type User, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { Output } from "../output.ts";
import { userFields } from "./user-text.ts";

/** Prints a user: its fields for people, one JSON object for programs. */
export async function printUser(output: Output, user: User): Promise<void> {
  if (output.forPeople) await output.fields(userFields(user));
  else await output.json(userJson(user));
}

/** A user as programs get it. */
export function userJson(user: User): JsonValue {
  return toJson(UserSchema, user);
}
