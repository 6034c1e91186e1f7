import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { makeFolder, type TestFolder } from "../support/certificates.ts";
import { runCommand } from "../support/command-line.ts";
import { compileTexts, startForeignServer } from "../support/foreign-server.ts";
import { shop } from "./shop.fixture.ts";

const legacy = `syntax = "proto2";
package legacy;
message Order {
  required string id = 1;
  optional int32 count = 2 [default = 7];
  optional string currency = 3 [default = "EUR"];
  extensions 100 to 199, 300, 500 to max;
  extend Order { optional bool nested = 101; }
}
extend Order { repeated string tags = 100; }
`;

let files: FileDescriptorProto[];
let folder: TestFolder;
before(async () => {
  files = await compileTexts({ "shop.proto": shop });
  folder = makeFolder();
  for (const [name, text] of Object.entries({ "shop.proto": shop, "legacy.proto": legacy })) folder.write(name, text);
  const set = create(FileDescriptorSetSchema, { file: files });
  writeFileSync(join(folder.path, "shop.binpb"), toBinary(FileDescriptorSetSchema, set));
});
after(() => folder[Symbol.dispose]());

test("a server that does not describe itself is called by its contract: a proto file or a FileDescriptorSet", async () => {
  const open = () => ({ content: { case: "text", value: "hello" } });
  await using server = await startForeignServer({ files, service: "shop.Shop", methods: { open }, lacking: "all" });
  const proto = join(folder.path, "shop.proto");
  const sources = [
    ["--proto", proto],
    ["--proto", "shop.proto", "--import-path", folder.path],
    ["--protoset", join(folder.path, "shop.binpb")],
  ];
  for (const source of sources) {
    const run = (...args: string[]) => runCommand([...args, ...source, "--url", server.address]);
    const [call, list, methods, describe] = await Promise.all([
      run("call", "shop.Shop/Open"),
      run("list"),
      run("list", "shop.Shop"),
      run("describe", "shop.Shop/Open"),
    ]);
    assert.equal(call.stdout, '{"text":"hello"}\n', call.stderr);
    assert.equal(list.stdout, "shop.Shop\n");
    assert.equal(methods.stdout, "shop.Shop/Open\nshop.Shop/Echo\nshop.Shop/Fail\n");
    assert.match(describe.stdout, /^rpc Open\(google\.protobuf\.Empty\) returns \(shop\.Parcel\);\n\nmessage google/);
  }
  const { stderr } = await runCommand(["call", "shop.Shop/Open", "--url", server.address]);
  assert.match(stderr, /the server does not describe itself\n.*hint: give its contract with --proto or --protoset/s);
});

test("a contract that cannot be read is told with the option", async () => {
  const bad = folder.write("bad.proto", 'syntax = "proto3"; message X { Foo f = 1; }');
  const elsewhere = { PATH: folder.path };
  for (const [args, env, exitCode, message] of [
    [["--proto", bad], {}, 67, /^error: --proto: .*bad\.proto:1:32:.*Foo/],
    [["--proto", "none.proto"], {}, 64, /^error: --proto "none\.proto" is not there\n/],
    [["--protoset", "none"], {}, 64, /^error: --protoset "none" cannot be read: ENOENT/],
    [["--protoset", bad], {}, 67, /^error: --protoset ".*bad\.proto" is no FileDescriptorSet: /],
    [["--import-path", "."], {}, 64, /^error: --import-path says where the files of --proto are: give --proto\n/],
    [["--proto", bad], elsewhere, 64, /^error: --proto needs buf or protoc in PATH, .*\n {2}hint: npm install /],
  ] as const) {
    const result = await runCommand(["list", ...args], { env });
    assert.match(result.stderr, message);
    assert.equal(result.exitCode, exitCode, args.join(" "));
  }
});

test("describe shows anything that has a name", async () => {
  const describe = async (file: string, symbol: string) =>
    (await runCommand(["describe", symbol, "--proto", join(folder.path, file)])).stdout;
  const parcel = (...lines: string[]) => `message shop.Parcel {\n${lines.map(line => `  ${line}\n`).join("")}}\n`;
  for (const [file, symbol, text] of [
    ["shop.proto", "shop.Parcel.size", parcel("optional shop.Parcel.Size size = 5;")],
    ["shop.proto", "shop.Parcel.old", parcel("string old = 6 [deprecated = true];")],
    ["shop.proto", "shop.Parcel.named", parcel("map<string, google.protobuf.Any> named = 4;")],
    [
      "shop.proto",
      "shop.Parcel.content",
      parcel("oneof content {", "  google.protobuf.Any body = 1;", "  string text = 2;", "}"),
    ],
    ["shop.proto", "shop.Parcel.Size.SIZE_LARGE", "enum shop.Parcel.Size {\n  SIZE_LARGE = 1;\n}\n"],
    ["shop.proto", "shop.Parcel.SIZE_LARGE", "enum shop.Parcel.Size {\n  SIZE_LARGE = 1;\n}\n"],
    [
      "legacy.proto",
      "legacy.Order",
      `message legacy.Order {
  required string id = 1;
  optional int32 count = 2 [default = 7];
  optional string currency = 3 [default = "EUR"];
  extensions 100 to 199;
  extensions 300;
  extensions 500 to max;
}
`,
    ],
    ["legacy.proto", "legacy.tags", "extend legacy.Order {\n  repeated string tags = 100;\n}\n"],
    ["legacy.proto", "legacy.Order.nested", "extend legacy.Order {\n  optional bool nested = 101;\n}\n"],
  ] as const) {
    assert.equal(await describe(file, symbol), text, symbol);
  }
  const { stderr, exitCode } = await runCommand(["describe", "shop.Nope", "--proto", join(folder.path, "shop.proto")]);
  assert.match(stderr, /^error: there is no "shop\.Nope"\n {2}hint: /);
  assert.equal(exitCode, 69);
});
