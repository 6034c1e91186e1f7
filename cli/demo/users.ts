import { enumToJson, fromBinary } from "@bufbuild/protobuf";
import { type Client, Code } from "@connectrpc/connect";
import { UserRole, UserRoleSchema, UserSchema, type UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { Narrator } from "./narrator.ts";
import { createConversation, each } from "./streams.ts";

/** Makes the tutorials' five calls of `techoral.users.v1.UserService`, and an error. */
export async function techoralUsers(client: Client<typeof UserService>, narrator: Narrator) {
  const { chapter, call, reply, refused } = narrator;
  chapter("techoral.users.v1.UserService", "the directory, with ids as text");

  call('GetUser({ userId: "1" })');
  const { user } = await client.getUser({ userId: "1" });
  const { name, email, role, createdAt } = user ?? {};
  reply(
    [name, email, roleName(role), createdAt],
    ["Alice Johnson", "alice@example.com", "USER_ROLE_ADMIN", 1761732000n],
  );

  call('CreateUser({ name: "Frank Miller", email: "frank@example.com" })');
  const frank = await client.createUser({ name: "Frank Miller", email: "frank@example.com" });
  reply([frank.name, roleName(frank.role)], ["Frank Miller", "USER_ROLE_VIEWER"]);

  call('ListUsers({ limit: 2, filterRole: "Admin" })');
  const admins: string[] = [];
  for await (const admin of client.listUsers({ limit: 2, filterRole: "Admin" })) admins.push(admin.name);
  reply(admins[0], "Alice Johnson");

  call("BulkCreateUsers(three users)");
  const three = ["gina", "hugo", "iris"].map(name => ({ name, email: `${name}@example.com`, role: UserRole.EDITOR }));
  const { users, totalCount } = await client.bulkCreateUsers(each(three));
  reply([totalCount, users.map(user => user.name)], [3, ["gina", "hugo", "iris"]]);

  await watch(client, narrator);

  call('GetUser({ userId: "4711" })');
  await refused(client.getUser({ userId: "4711" }), Code.NotFound, "User 4711 not found");
  call("GetUser({})");
  await refused(client.getUser({}), Code.InvalidArgument, "user_id is required");
}

function roleName(role: UserRole | undefined) {
  return enumToJson(UserRoleSchema, role ?? UserRole.UNSPECIFIED);
}

/** Watches one user who is there, and one who is not. */
async function watch(client: Client<typeof UserService>, { call, reply }: Narrator) {
  call('WatchUserEvents("2", then "4711")');
  const requests = createConversation<{ userId: string }>();
  const leave = new AbortController();
  const events = client.watchUserEvents(requests, { signal: leave.signal })[Symbol.asyncIterator]();
  for (const userId of ["2", "4711"]) {
    requests.send({ userId });
    const { value } = await events.next();
    const name = value?.payload.length ? fromBinary(UserSchema, value.payload).name : "";
    reply(
      [value?.eventType, value?.userId, name],
      userId === "2" ? ["snapshot", "2", "Bob Smith"] : ["not_found", "4711", ""],
    );
  }
  leave.abort();
  await events.next().catch(() => undefined);
}
