import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { fastify } from "fastify";
import { userAt } from "../data/users.ts";
import { announce } from "./report.ts";

/** A user by id as one writes it without contracts: a route with a schema of its reply, and a row of SQLite. */
const database = new DatabaseSync(":memory:");
database.exec(
  "create table users (id integer primary key, name text, email text, role text, age integer, bio text, time text)",
);
const insert = database.prepare("insert into users (name, email, role, age, bio, time) values (?, ?, ?, ?, ?, ?)");
for (let index = 0; index < 1000; index++) {
  const { name, email, role = "viewer", age = null, bio = null } = userAt(index);
  insert.run(name, email, role, age, bio, new Date().toISOString());
}
const select = database.prepare("select * from users where id = ?");

const text = { type: "string" } as const;
const user = {
  type: "object",
  properties: {
    id: text,
    name: text,
    email: text,
    role: text,
    age: { type: "integer" },
    bio: text,
    createTime: text,
    updateTime: text,
    etag: text,
  },
} as const;
const app = fastify();
app.get<{ Params: { id: string } }>(
  "/v1/users/:id",
  {
    schema: {
      params: { type: "object", properties: { id: { type: "string", minLength: 1, maxLength: 20 } } },
      response: { 200: user },
    },
  },
  async ({ params: { id } }, reply) => {
    const row = select.get(id);
    if (row === undefined)
      return reply.code(404).send({ error: { code: 404, status: "NOT_FOUND", message: `user "${id}" not found` } });
    const etag = Buffer.from(`${id}.1.${row.time}`).toString("base64url");
    reply.header("etag", `"${etag}"`);
    return {
      ...row,
      id,
      role: `ROLE_${String(row.role).toUpperCase()}`,
      createTime: row.time,
      updateTime: row.time,
      etag,
    };
  },
);
await app.listen({ host: "127.0.0.1", port: 0 });
announce((app.server.address() as AddressInfo).port);
