import { create } from "@bufbuild/protobuf";
import { type User as UserMessage, UserRole, UserSchema } from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { Role, User } from "../directory/user.ts";

const ROLES: Record<Role, UserRole> = { viewer: UserRole.VIEWER, editor: UserRole.EDITOR, admin: UserRole.ADMIN };

/** Returns a user as `techoral.users.v1` shows it. */
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
