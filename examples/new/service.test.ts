import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createHost, type Host, mintToken, type Role } from "concierge-host";
import { SampleService } from "./gen/sample/v1/sample_pb.ts";
import { createService } from "./service.ts";

const secret = randomBytes(32).toString("hex");
let host: Host;
let client: Client<typeof SampleService>;

before(async () => {
  host = await createHost({ services: [createService()], auth: { secret }, shutdownGraceMs: 0 });
  const [address] = await host.listen({ host: "localhost", port: 0 });
  client = createClient(SampleService, createGrpcTransport({ baseUrl: `http://localhost:${address?.port}` }));
});
after(() => host.close());

/** Headers of a caller with this role. */
async function as(role: Role) {
  return { headers: { authorization: `Bearer ${await mintToken({ secret, subject: "ada", role, ttlSeconds: 60 })}` } };
}

test("an editor adds a note, and everybody reads it", async () => {
  const { note } = await client.addNote({ text: "hello" }, await as("editor"));
  assert.equal(note?.author, "ada");
  assert.equal((await client.getNote({ id: note.id })).note?.text, "hello");
  const listed = await Array.fromAsync(client.listNotes({}, await as("viewer")));
  assert.deepEqual(
    listed.map(({ note }) => note?.text),
    ["hello"],
  );
});

test("nobody else adds notes, and none is empty", async () => {
  await assert.rejects(client.addNote({ text: "hello" }), { code: Code.Unauthenticated });
  await assert.rejects(client.addNote({ text: "hello" }, await as("viewer")), { code: Code.PermissionDenied });
  await assert.rejects(client.addNote({ text: "" }, await as("editor")), { code: Code.InvalidArgument });
});

test("a note that is not there is not found", async () => {
  await assert.rejects(client.getNote({ id: 7 }), { code: Code.NotFound });
});
