import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type CreateUserRequest,
  ListUsersResponseSchema,
  UserRole,
  UserService,
} from "../../gen/techoral/users/v1/user_service_pb.ts";
import { answerBytes, MAX_ANSWER_BYTES } from "../directory/answer-size.ts";
import type { Directory } from "../directory/directory.ts";
import { AnswerTooLargeError, InvalidFieldError, quote } from "../directory/errors.ts";
import type { Role, UserInput } from "../directory/user.ts";
import type { FeedServiceOptions } from "./feed-options.ts";
import { mapItems, range } from "./streams.ts";
import { translateErrors } from "./translate-errors.ts";
import { toMessage } from "./user-message.ts";
import { createWatchUserEvents } from "./watch-user-events.ts";

/** What a user of this service takes in JSON beside its name and email, at most. */
const OTHER_BYTES = 110;

/** Implements `techoral.users.v1.UserService` on a directory. Its texts are fixed: clients of long ago know them. */
export function createUsersService(
  directory: Directory,
  feed: FeedServiceOptions,
): Partial<ServiceImpl<typeof UserService>> {
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
      let bytes = 0;
      const toFitting = (request: CreateUserRequest) => {
        // The answer holds all of them: what it cannot tell is not to be stored.
        bytes += answerBytes(request, OTHER_BYTES);
        if (bytes > MAX_ANSWER_BYTES) throw new AnswerTooLargeError(MAX_ANSWER_BYTES);
        return toInput(request);
      };
      const users = await directory.importUsers(mapItems(requests, toFitting));
      return create(ListUsersResponseSchema, { users: users.map(toMessage), totalCount: users.length });
    },
    watchUserEvents: createWatchUserEvents(feed),
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
