import { type Client, Code } from "@connectrpc/connect";
import type { UserMessage, UserService } from "../../gen/user_service_pb.ts";
import type { Narrator } from "./narrator.ts";
import { createConversation, each } from "./streams.ts";

/**
 * Makes the tutorials' five calls of `UserService`, on a directory that holds the five demo users alone, and an error.
 */
export async function demoUsers(client: Client<typeof UserService>, { chapter, call, reply, refused }: Narrator) {
  chapter("UserService", "the same directory, with ids as numbers");

  call("GetUser({ userId: 1 })");
  const { userId, name, age, createdAt } = await client.getUser({ userId: 1 });
  reply([userId, name, age, createdAt], [1, "Alice Johnson", 28, "2025-10-29T10:00:00"]);

  call("ListUsers({ limit: 2 })");
  const names: string[] = [];
  for await (const user of client.listUsers({ limit: 2 })) names.push(user.name);
  reply(names, ["Alice Johnson", "Bob Smith"]);

  call('CreateUser({ name: "Grace Hopper", email: "grace@example.com", age: 37 })');
  const grace = await client.createUser({ name: "Grace Hopper", email: "grace@example.com", age: 37 });
  reply([grace.userId, grace.name, grace.age], [6, "Grace Hopper", 37]);

  call("BatchCreateUsers(three users)");
  const three = [23, 34, 45].map(age => ({ name: `Number ${age}`, email: `number-${age}@example.com`, age }));
  const { usersCreated, userIds } = await client.batchCreateUsers(each(three));
  reply([usersCreated, userIds], [3, [7, 8, 9]]);

  call("StreamUsers(two messages)");
  const messages = createConversation<{ userId: number; message: string }>();
  const said: string[] = [];
  const room = client.streamUsers(messages)[Symbol.asyncIterator]();
  for (const message of ["hello, room", "bye, room"]) {
    messages.send({ userId: 1, message });
    const { value } = (await room.next()) as IteratorResult<UserMessage>;
    said.push(`user ${value?.userId}: ${value?.message}`);
  }
  messages.end();
  reply(said, ["user 1: hello, room", "user 1: bye, room"]);
  reply((await room.next()).done ? "the room is left" : "still in the room", "the room is left");

  call('CreateUser({ name: "Grace again", email: "GRACE@example.com" })');
  const again = client.createUser({ name: "Grace again", email: "GRACE@example.com" });
  await refused(again, Code.AlreadyExists, 'email "GRACE@example.com" is taken');
}
