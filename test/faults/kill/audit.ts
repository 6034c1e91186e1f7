import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  DirectoryService,
  type Event,
  Start,
  type User,
  UserSchema,
} from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { ALL } from "../../support/feed.ts";
import { batchOf, halfWritten } from "../batches.ts";

/**
 * Reads all users of a server and its whole history, asserts that they agree and that no batch is half there, and answers
 * the ids by name. Only creates may have happened. Leaves one user more behind.
 */
export async function auditServer(baseUrl: string): Promise<Map<string, string>> {
  const client = createClient(DirectoryService, createGrpcTransport({ baseUrl }));
  // What was written before comes before it in the history, which has no end of its own.
  const [user] = batchOf(`audit-${randomUUID()}`, 1);
  const { id: last } = await client.createUser({ user });
  const users = await Array.fromAsync(client.exportUsers({}));
  const events = await readUntil(client, last);
  assert.deepEqual(
    events.map(({ userId, type }) => [userId, type]),
    users.map(({ id }) => [id, "created"]),
    "each user has its event, in the order of their commits",
  );
  const toBytes = (user: User) => Buffer.from(toBinary(UserSchema, user));
  for (const [index, { user }] of events.entries()) {
    assert.ok(user && toBytes(user).equals(toBytes(users[index] as User)), `user ${user?.id} is what its event says`);
  }
  assert.deepEqual(halfWritten(users.map(({ name }) => name)), []);
  return new Map(users.map(({ id, name }) => [name, id]));
}

async function readUntil(
  client: ReturnType<typeof createClient<typeof DirectoryService>>,
  last: string,
): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { message } of client.subscribe({ selector: ALL, start: Start.EARLIEST })) {
    if (message.case !== "transaction") continue;
    events.push(...message.value.events);
    if (events.at(-1)?.userId === last) break;
  }
  return events;
}
