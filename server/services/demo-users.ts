import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type CreateUserRequest,
  type UserResponse,
  UserResponseSchema,
  UserService,
} from "../../gen/user_service_pb.ts";
import { requireSelfOr } from "../../host/auth/caller.ts";
import type { Directory } from "../directory/directory.ts";
import { IdTooLargeError, InvalidFieldError } from "../directory/errors.ts";
import type { User, UserInput } from "../directory/user.ts";
import { createChatRoom } from "./chat-room.ts";
import type { FeedServiceOptions } from "./feed-options.ts";
import { mapItems, range } from "./streams.ts";
import { translateErrors } from "./translate-errors.ts";

/** The largest id that an int32 holds. */
const MAX_ID = 2 ** 31 - 1;

/** Implements `UserService`, the one without a package, on a directory. Here the age 0 means that there is none. */
export function createDemoUsersService(
  directory: Directory,
  feed: FeedServiceOptions,
): Partial<ServiceImpl<typeof UserService>> {
  return translateErrors(UserService, {
    async getUser({ userId }, { values }) {
      requireSelfOr(values, "viewer", String(userId));
      if (userId === 0) throw new ConnectError("user_id is required", Code.InvalidArgument);
      const user = await directory.findUser(String(userId));
      if (user === undefined) throw new ConnectError(`User ${userId} not found`, Code.NotFound);
      return toResponse(user);
    },
    async createUser(request) {
      return toResponse(await directory.createUser(toInput(request), { maxId: MAX_ID }));
    },
    async *listUsers({ limit }, { signal }) {
      if (limit < 0) throw new InvalidFieldError("limit", `limit "${limit}" is below 0`);
      for await (const user of range(directory.exportUsers("", false, signal), 0, limit)) yield toResponse(user);
    },
    async batchCreateUsers(requests) {
      const users = await directory.importUsers(mapItems(requests, toInput), () => ({ maxId: MAX_ID }));
      return { usersCreated: users.length, userIds: users.map(({ id }) => id) };
    },
    streamUsers: createChatRoom(feed),
  });
}

function toInput({ name, email, age }: CreateUserRequest): UserInput {
  return { name, email, age: age === 0 ? undefined : age };
}

/** Throws {@link IdTooLargeError} for a user whom another service has made. */
function toResponse(user: User): UserResponse {
  if (user.id > MAX_ID) throw new IdTooLargeError(MAX_ID);
  return create(UserResponseSchema, {
    userId: user.id,
    name: user.name,
    email: user.email,
    age: user.age ?? 0,
    // 2025-10-29T10:00:00, in UTC and without saying so.
    createdAt: new Date(user.createTime).toISOString().slice(0, "2025-10-29T10:00:00".length),
  });
}
