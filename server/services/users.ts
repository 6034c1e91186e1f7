import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type CreateUserRequest,
  ListUsersResponseSchema,
  type User as UserMessage,
  UserRole,
  UserSchema,
  UserService,
} from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { Directory } from "../directory/directory.ts";
import { InvalidFieldError, quote } from "../directory/errors.ts";
import type { Role, User, UserInput } from "../directory/user.ts";
import { mapItems, range } from "./streams.ts";
import { translateErrors } from "./translate-errors.ts";

/** Implements `techoral.users.v1.UserService` on a directory. Its texts are fixed: clients of long ago know them. */
export function createUsersService(directory: Directory): Partial<ServiceImpl<typeof UserService>> {
  return translateErrors(UserService, {
    async getUser({ userId }) {
      if (userId === "") throw new ConnectError("user_id is required", Code.InvalidArgument);
      const user = await directory.findUser(userId);
      if (user === undefined) throw new ConnectError(`User ${userId} not found`, Code.NotFound);
      return { user: toMessage(user) };
    },
    async createUser(request) {
      return toMessage(await directory.createUser(toInput(request)));
    },
    async *listUsers({ limit, offset, filterRole }, { signal }) {
      if (limit < 0) throw new InvalidFieldError("limit", `limit "${limit}" is below 0`);
      if (offset < 0) throw new InvalidFieldError("offset", `offset "${offset}" is below 0`);
      const users = directory.exportUsers({ role: toFilterRole(filterRole) }, false, signal);
      for await (const user of range(users, offset, limit)) yield toMessage(user);
    },
    async bulkCreateUsers(requests) {
      const users = await directory.importUsers(mapItems(requests, toInput));
      return create(ListUsersResponseSchema, { users: users.map(toMessage), totalCount: users.length });
    },
  });
}

const ROLES: Record<Role, UserRole> = { viewer: UserRole.VIEWER, editor: UserRole.EDITOR, admin: UserRole.ADMIN };

/** Answers a user as this service shows it. */
export function toMessage(user: User): UserMessage {
  return create(UserSchema, {
    id: String(user.id),
    name: user.name,
    email: user.email,
    role: ROLES[user.role],
    createdAt: BigInt(Math.floor(user.createTime / 1000)),
    ...(user.bio !== undefined && { bio: user.bio }),
  });
}

function toInput({ name, email, role }: CreateUserRequest): UserInput {
  return { name, email, role: toRole(role) };
}

function toRole(role: UserRole): Role | undefined {
  switch (role) {
    case UserRole.UNSPECIFIED:
      return undefined;
    case UserRole.VIEWER:
      return "viewer";
    case UserRole.EDITOR:
      return "editor";
    case UserRole.ADMIN:
      return "admin";
    default:
      throw new InvalidFieldError("role", `role "${role}" is not one of 0 to 3`);
  }
}

function toFilterRole(text: string): Role | undefined {
  if (text === "") return undefined;
  const role = text.toLowerCase().replace(/^user_role_/, "");
  if (role === "viewer" || role === "editor" || role === "admin") return role;
  throw new InvalidFieldError("filter_role", `filter_role ${quote(text)} is not one of admin, editor, viewer`);
}
