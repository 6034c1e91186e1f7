import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Role as RoleMessage,
  type User as UserMessage,
  UserSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { InvalidFieldError } from "../directory/errors.ts";
import { etagOf } from "../directory/etag.ts";
import type { Role, User, UserInput } from "../directory/user.ts";

const ROLES: Record<Role, RoleMessage> = {
  viewer: RoleMessage.VIEWER,
  editor: RoleMessage.EDITOR,
  admin: RoleMessage.ADMIN,
};

/** Returns a user as `concierge.directory.v1` shows it. */
export function toUserMessage(user: User): UserMessage {
  const message = create(UserSchema, {
    id: String(user.id),
    name: user.name,
    email: user.email,
    role: ROLES[user.role],
    createTime: timestampFromMs(user.createTime),
    updateTime: timestampFromMs(user.updateTime),
    etag: etagOf(user),
  });
  if (user.age !== undefined) message.age = user.age;
  if (user.bio !== undefined) message.bio = user.bio;
  if (user.deleteTime !== undefined) message.deleteTime = timestampFromMs(user.deleteTime);
  return message;
}

/** The fields of a user that have rules of the directory's own. */
const USER_FIELDS: ReadonlySet<string> = new Set(["name", "email", "role", "age", "bio"]);

/**
 * Returns what a function makes of the `user` in a request. Errors about the user's fields get their paths in the
 * request, `user.name`, as protovalidate has them.
 */
export async function inUser<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof InvalidFieldError) || !USER_FIELDS.has(error.field)) throw error;
    const { field, message, reason, index } = error;
    throw new InvalidFieldError(`user.${field}`, message, reason, index);
  }
}

/** Reads what a caller says of a new user; what only the server gives is passed over. Throws {@link InvalidFieldError}. */
export function toUserInput(user: UserMessage | undefined): UserInput {
  const { name, email, role, age, bio } = requireUser(user);
  return { name, email, role: toRole(role), age, bio };
}

/** Reads the fields that are set, and leaves the others out. Throws {@link InvalidFieldError}. */
export function toUserPatch(user: UserMessage | undefined): Partial<UserInput> {
  const { name, email, role, age, bio } = requireUser(user);
  return {
    ...(name !== "" && { name }),
    ...(email !== "" && { email }),
    ...(role !== RoleMessage.UNSPECIFIED && { role: toRole(role) }),
    ...(age !== undefined && { age }),
    ...(bio !== undefined && { bio }),
  };
}

function requireUser(user: UserMessage | undefined): UserMessage {
  if (user === undefined) throw new InvalidFieldError("user", "user is required");
  return user;
}

/** Reads a role; unset stays unset. Throws {@link InvalidFieldError}. */
export function toRole(role: RoleMessage): Role | undefined {
  switch (role) {
    case RoleMessage.UNSPECIFIED:
      return undefined;
    case RoleMessage.VIEWER:
      return "viewer";
    case RoleMessage.EDITOR:
      return "editor";
    case RoleMessage.ADMIN:
      return "admin";
    default:
      throw new InvalidFieldError("role", `role "${role}" is not one of 0 to 3`);
  }
}
