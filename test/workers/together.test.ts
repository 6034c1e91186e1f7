import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client as ClientOf, createClient } from "@connectrpc/connect";
import { DirectoryService, Start } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type UserMessageSchema, UserService } from "../../gen/user_service_pb.ts";
import { ALL, Requests, read, Stream } from "../support/feed.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { startWorkers, type WorkerConnection, type WorkerServer } from "../support/worker-server.ts";

type Client = ClientOf<typeof DirectoryService>;

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres[Symbol.asyncDispose]());

for (const store of ["sqlite", "postgres"] as const) {
  describe(`two workers on ${store}`, () => {
    let server: WorkerServer;
    let connections: readonly [WorkerConnection, WorkerConnection];
    before(async () => {
      server = await startWorkers(store === "sqlite" ? {} : { DATABASE_URL: await postgres.createDatabase() });
      connections = await server.connect();
    });
    after(() => server[Symbol.asyncDispose]());

    function clientsOf<S extends typeof DirectoryService | typeof UserService>(service: S) {
      return connections.map(({ transport }) => createClient(service, transport));
    }

    test("an empty database is filled with the demo users once", async () => {
      for (const client of clientsOf(DirectoryService)) {
        const { users } = await client.listUsers({});
        assert.deepEqual(
          users.map(({ id, name }) => `${id} ${name}`),
          ["1 Alice Johnson", "2 Bob Smith", "3 Carol White", "4 David Brown", "5 Eve Davis"],
        );
      }
    });

    test("what one stores the other reads at once, follows, and goes on with by the token of the first", async () => {
      const [one, other] = clientsOf(DirectoryService);
      assert.ok(one && other);
      const following = new Stream(options => other.subscribe({ selector: ALL, start: Start.NOW }, options));
      let { resumeToken } = await read(following);
      const ids: string[] = [];
      async function writeAndRead(n: number, writer: Client, reader: Client): Promise<string> {
        const { id } = await writer.createUser({ user: { name: `U${n}`, email: `u${n}@example.com` } });
        assert.equal((await reader.getUser({ key: { case: "id", value: id } })).name, `U${n}`);
        return id;
      }
      for (let n = 0; n < 50; n += 2) {
        ids.push(await writeAndRead(n, one, other));
        ids.push(await writeAndRead(n + 1, other, one));
      }
      const seen: string[] = [];
      while (seen.length < 30) {
        const item = await read(following);
        if (item.message.case !== "transaction") continue;
        seen.push(...item.message.value.events.map(({ userId }) => userId));
        ({ resumeToken } = item);
      }
      following.leave();
      const resumed = new Stream(options => one.subscribe({ selector: ALL, resumeToken }, options));
      while (seen.length < ids.length) {
        const { message } = await read(resumed);
        if (message.case === "transaction") seen.push(...message.value.events.map(({ userId }) => userId));
      }
      resumed.leave();
      assert.deepEqual(seen, ids);
    });

    test("what is said in the chat room of one reaches those of the other, in one order", async () => {
      const participants = clientsOf(UserService).map((client, userId) => {
        const requests = new Requests<MessageInitShape<typeof UserMessageSchema>>();
        const messages = new Stream(options => client.streamUsers(requests, options));
        requests.push({ userId, message: "hello" });
        return { userId, requests, messages };
      });
      // Who has got a message of its own is in the room.
      for (const { userId, messages } of participants) {
        for (;;) if ((await read(messages)).userId === userId) break;
      }
      for (const { userId, requests } of participants) {
        for (let n = 0; n < 50; n++) requests.push({ userId, message: `m${n}` });
      }
      const heard = await Promise.all(
        participants.map(async ({ messages }) => {
          const lines: string[] = [];
          while (lines.length < 100) {
            const { userId, message } = await read(messages);
            if (message !== "hello") lines.push(`${userId} ${message}`);
          }
          return lines;
        }),
      );
      assert.deepEqual(heard[1], heard[0]);
      for (const { userId } of participants) {
        const own = heard[0]?.filter(line => line.startsWith(`${userId} `));
        assert.deepEqual(
          own,
          Array.from({ length: 50 }, (_, n) => `${userId} m${n}`),
        );
      }
      for (const { messages } of participants) messages.leave();
    });
  });
}
