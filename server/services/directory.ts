import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  DirectoryService,
  EventSchema,
  type ImportUsersRequest,
  UserSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { requireRole, requireSelfOr } from "../../host/auth/caller.ts";
import type { Directory } from "../directory/directory.ts";
import { InvalidFieldError } from "../directory/errors.ts";
import { inUser, toUserInput, toUserMessage, toUserPatch } from "./directory-messages.ts";
import { createFeedMessages, toSubscription } from "./feed-messages.ts";
import { type FeedServiceOptions, feedDefaults } from "./feed-options.ts";
import { requireFollow } from "./may-follow.ts";
import { map, mapItems, mapLive } from "./streams.ts";
import { translateErrors } from "./translate-errors.ts";
import { createWatch } from "./watch.ts";

/** Implements `concierge.directory.v1.DirectoryService` on a directory and its feed. */
export function createDirectoryService(
  directory: Directory,
  options: FeedServiceOptions,
): Partial<ServiceImpl<typeof DirectoryService>> {
  const { feed, callerOf } = feedDefaults(options);
  const toFeedMessage = createFeedMessages(options);

  return translateErrors(DirectoryService, {
    async getUser({ key }, { values }) {
      if (key.case === undefined) throw new InvalidFieldError("key", "id or email is required");
      if (key.case === "id") {
        requireSelfOr(values, "viewer", key.value);
        return toUserMessage(await directory.getUser(key.value));
      }
      // Whose email it is shows only after a look: who may not see it learns nothing, not even that nobody has it.
      const user = await directory.getUserByEmail(key.value).catch((error: unknown) => {
        requireRole(values, "viewer");
        throw error;
      });
      requireSelfOr(values, "viewer", String(user.id));
      return toUserMessage(user);
    },
    async batchGetUsers({ ids }) {
      return { users: (await directory.batchGetUsers(ids)).map(toUserMessage) };
    },
    async listUsers(request) {
      const { users, nextPageToken, totalSize } = await directory.listUsers(request);
      return { users: users.map(toUserMessage), nextPageToken, ...(totalSize !== undefined && { totalSize }) };
    },
    exportUsers({ filter, showDeleted }, { signal }) {
      return map(directory.exportUsers(filter, showDeleted, signal), toUserMessage);
    },
    async createUser({ user, requestId }) {
      return toUserMessage(await inUser(() => directory.createUser(toUserInput(user), { requestId })));
    },
    async updateUser({ user, updateMask, requestId }) {
      const { id = "", etag } = user ?? {};
      if (id === "") throw new InvalidFieldError("user.id", "user.id is required");
      const paths = updateMask?.paths ?? [];
      const changed = inUser(() => directory.updateUser(id, toUserPatch(user), paths, { etag, requestId }));
      return toUserMessage(await changed);
    },
    async deleteUser({ id, etag, allowMissing, requestId }) {
      const user = await directory.deleteUser(id, { etag, allowMissing, requestId });
      return user ? toUserMessage(user) : create(UserSchema);
    },
    async undeleteUser({ id, etag, requestId }) {
      return toUserMessage(await directory.undeleteUser(id, { etag, requestId }));
    },
    async importUsers(requests) {
      let requestId: string | undefined;
      const toInput = (request: ImportUsersRequest) => {
        requestId ??= request.requestId;
        return toUserInput(request.user);
      };
      const users = await inUser(() => directory.importUsers(mapItems(requests, toInput), () => ({ requestId })));
      return { ids: users.map(({ id }) => String(id)) };
    },
    async reportEvent({ userId, type, payload, requestId }) {
      const event = await directory.reportEvent(userId, type, payload, { requestId });
      return create(EventSchema, { userId, type, payload: event.payload, time: timestampFromMs(event.time) });
    },
    subscribe(request, context) {
      const { signal } = context;
      const wanted = toSubscription(request);
      requireFollow(context.values, wanted.selector);
      const subscription = feed.subscribe({ ...wanted, signal, caller: callerOf(context) });
      return mapLive(subscription, toFeedMessage);
    },
    watch: createWatch(options, toFeedMessage),
  });
}
