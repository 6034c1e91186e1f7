import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { createContextValues } from "@connectrpc/connect";
import { DirectoryService, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { createWireLane } from "../../host/lanes/wire-lane.ts";
import { listen } from "./listen.ts";

test("Connect GET serves what has no side effects, and says how long it keeps", async () => {
  await using users = await listen(app =>
    createWireLane()(app, {
      routes: router => {
        router.service(DirectoryService, { getUser: ({ key }) => ({ id: String(key.value) }) });
      },
      interceptors: [],
      contextValues: () => createContextValues(),
      maxMessageBytes: 1000,
      maxDeadlineMs: 1000,
      shutdownSignal: new AbortController().signal,
    }),
  );
  const get = (query: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${users.url}/concierge.directory.v1.DirectoryService/GetUser?${new URLSearchParams(query)}`, { headers });
  const message = '{"id":"7"}';
  const query = { connect: "v1", encoding: "json", message };

  const plain = await get(query);
  assert.deepEqual(await plain.json(), { id: "7" });
  assert.equal(plain.headers.get("vary"), "accept-encoding");
  assert.equal(plain.headers.get("cache-control"), null);
  const base64 = base64Encode(gzipSync(message), "url");
  const packed = await get({ ...query, message: base64, base64: "1", compression: "gzip" }, { authorization: "x" });
  assert.deepEqual(await packed.json(), { id: "7" });
  assert.equal(packed.headers.get("cache-control"), "no-store");

  const url = `${users.url}/concierge.directory.v1.DirectoryService/GetUser`;
  const { input } = DirectoryService.method.getUser;
  const binary = toBinary(input, { $typeName: input.typeName, key: { case: "id", value: "Zoë + 1 % ÿ" } });
  for (const [bytes, compression] of [
    [binary, ""],
    [gzipSync(binary), "&compression=gzip"],
  ] as const) {
    const escaped = Array.from(bytes, byte => `%${byte.toString(16).padStart(2, "0")}`).join("");
    const reply = await fetch(`${url}?connect=v1&encoding=proto&message=${escaped}${compression}`, {
      headers: { "accept-encoding": "identity" },
    });
    assert.equal(fromBinary(UserSchema, new Uint8Array(await reply.arrayBuffer())).id, "Zoë + 1 % ÿ");
  }
  const latin1 = await fetch(`${url}?connect=v1&encoding=json&message=%7B%22id%22:%22Zo%EB%22%7D`);
  assert.equal(latin1.status, 400);
  const spaced = await fetch(`${url}?connect=v1&encoding=json&message=%7B%22id%22:+%22a+b%2Bc%22%7D`);
  assert.deepEqual(await spaced.json(), { id: "a b+c" });

  assert.equal((await get({ ...query, encoding: "xml" })).status, 415);
  assert.equal((await get({ ...query, compression: "zstd" })).status, 501);
  assert.equal((await get({ ...query, message: "%", base64: "1" })).status, 400);
  assert.equal((await get({ ...query, message: JSON.stringify({ id: "x".repeat(1000) }) })).status, 429);
  const wrong = await fetch(`${users.url}/concierge.directory.v1.DirectoryService/GetUser`, { method: "PUT" });
  assert.equal(wrong.headers.get("allow"), "POST, GET");
});
