import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { runCommand } from "../support/command-line.ts";
import { compileTexts, startForeignServer } from "../support/foreign-server.ts";
import { startTcp } from "../support/tcp-server.ts";
import { shop } from "./shop.fixture.ts";

let files: FileDescriptorProto[];
before(async () => {
  files = await compileTexts({ "shop.proto": shop });
});

test("an import that a server's reflection lacks is missed only by what needs it", async () => {
  const market = await compileTexts({
    "options.proto": `syntax = "proto3"; package market; import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions { string rule = 50000; }`,
    "types.proto": 'syntax = "proto3"; package market; message Price { int32 cents = 1; }',
    "market.proto": `syntax = "proto3"; package market; import "options.proto"; import "types.proto";
service Market { rpc Ask(Item) returns (Item) { option (rule) = "x"; } }
message Item { string id = 1; Price price = 2; }`,
  });
  const start = (lacking: string[]) =>
    startForeignServer({ files: market, service: "market.Market", methods: { ask: () => ({ id: "7" }) }, lacking });
  await using unneeded = await start(["options.proto", "google/protobuf/descriptor.proto"]);
  const at = (server: { address: string }, ...args: string[]) => runCommand([...args, "--url", server.address]);
  const [list, describe, call] = await Promise.all([
    at(unneeded, "list", "market.Market"),
    at(unneeded, "describe", "market.Item"),
    at(unneeded, "call", "market.Market/Ask"),
  ]);
  assert.deepEqual([list.stdout, list.stderr], ["market.Market/Ask\n", ""]);
  assert.equal(describe.stdout, "message market.Item {\n  string id = 1;\n  market.Price price = 2;\n}\n");
  assert.equal(call.stdout, '{"id":"7"}\n');
  await using needed = await start(["types.proto"]);
  for (const args of [
    ["list", "market.Market"],
    ["describe", "market.Item"],
    ["call", "market.Market/Ask"],
  ]) {
    const { stderr, exitCode } = await at(needed, ...args);
    assert.match(stderr, /^error: the types cannot be put together: .*market\.Price/);
    assert.match(stderr, /\n {2}hint: missing: types\.proto, which market\.proto imports\n$/);
    assert.equal(exitCode, 1);
  }
});

test("a field is described by a server that finds messages alone", async () => {
  await using server = await startForeignServer({ files, service: "shop.Shop" });
  const { stdout } = await runCommand(["describe", "shop.Parcel.text", "--url", server.address]);
  assert.equal(stdout, "message shop.Parcel {\n  string text = 2;\n}\n");
});

test("a command of ours says of a server of others that it is one", async () => {
  await using server = await startForeignServer({ files, service: "shop.Shop" });
  for (const args of [["watch"], ["users", "list"], ["watch", "--protocol", "grpc"]]) {
    const { stderr, exitCode } = await runCommand([...args, "--url", server.address]);
    assert.match(
      stderr,
      /^error: UNIMPLEMENTED: there is no such method at that address \(HTTP 404\)\n {2}hint: the server there/,
    );
    assert.equal(exitCode, 76);
  }
});

test("a server of HTTP/1.1 alone is told as one", async () => {
  await using server = await startTcp(socket =>
    socket.once("data", () => socket.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")),
  );
  const { stderr, exitCode } = await runCommand(["watch", "--url", server.baseUrl, "--no-retry"]);
  assert.match(
    stderr,
    /^error: UNAVAILABLE: .*: the peer speaks HTTP\/1, not HTTP\/2\n {2}hint: does the server speak gRPC or HTTP\/2 there\?/,
  );
  assert.equal(exitCode, 64 + 14);
});
