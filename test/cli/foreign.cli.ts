import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AnySchema,
  anyPack,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { makeFolder, type TestFolder } from "../support/certificates.ts";
import { jsonLines, runCommand } from "../support/command-line.ts";
import { compileTexts, encode, startForeignServer } from "../support/foreign-server.ts";

const shop = `syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/empty.proto";
service Shop {
  rpc Open(google.protobuf.Empty) returns (Parcel);
  rpc Echo(stream Parcel) returns (stream Parcel);
  rpc Fail(google.protobuf.Empty) returns (Parcel);
}
message Parcel {
  oneof content { google.protobuf.Any body = 1; string text = 2; }
  repeated google.protobuf.Any more = 3;
  map<string, google.protobuf.Any> named = 4;
  optional Size size = 5;
  string old = 6 [deprecated = true];
  enum Size { SIZE_UNSPECIFIED = 0; SIZE_LARGE = 1; }
}
`;
const note = `syntax = "proto3";
package shop.notes;
import "google/protobuf/any.proto";
message Note { string text = 1; google.protobuf.Any attached = 2; }
`;
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
let notes: FileDescriptorProto[];
let folder: TestFolder;
before(async () => {
  [files, notes] = await Promise.all([compileTexts({ "shop.proto": shop }), compileTexts({ "note.proto": note })]);
  folder = makeFolder();
  for (const [name, text] of Object.entries({ "shop.proto": shop, "legacy.proto": legacy })) folder.write(name, text);
  const set = create(FileDescriptorSetSchema, { file: files });
  writeFileSync(join(folder.path, "shop.binpb"), toBinary(FileDescriptorSetSchema, set));
});
after(() => folder[Symbol.dispose]());

function packed(type: string, value: Uint8Array) {
  return create(AnySchema, { typeUrl: `type.googleapis.com/${type}`, value });
}

function packedNote(text: string, attached?: ReturnType<typeof packed>) {
  return packed("shop.notes.Note", encode(notes, "shop.notes.Note", { text, attached }));
}

for (const protocol of ["connect", "grpc", "grpc-web"]) {
  test(`what a reply has packed is shown by the server's description, else by its bytes, over ${protocol}`, async () => {
    const open = () => ({
      content: { case: "body", value: packedNote("outer", packedNote("inner")) },
      more: [
        packed("no.body.Knows", Uint8Array.of(1, 2, 3)),
        packed("shop.notes.Note", Uint8Array.of(255)),
        anyPack(TimestampSchema, create(TimestampSchema, { seconds: 1n })),
        packed("no name", Uint8Array.of(1)),
        packed("", Uint8Array.of(1)),
      ],
      named: { unset: create(AnySchema), note: packedNote("in a map") },
    });
    await using server = await startForeignServer({
      files: [...files, ...notes],
      service: "shop.Shop",
      methods: { open },
    });
    const args = ["call", "shop.Shop/Open", "--url", server.address, "--protocol", protocol];
    const { stdout, stderr, exitCode } = await runCommand(args);
    assert.deepEqual([stderr, exitCode], ["", 0]);
    const of = (type: string) => `type.googleapis.com/${type}`;
    const Note = of("shop.notes.Note");
    assert.deepEqual(JSON.parse(stdout), {
      body: { "@type": Note, text: "outer", attached: { "@type": Note, text: "inner" } },
      more: [
        { "@type": of("no.body.Knows"), "@value": "AQID" },
        { "@type": `${Note} (malformed)`, "@value": "/w==" },
        { "@type": of("google.protobuf.Timestamp"), value: "1970-01-01T00:00:01Z" },
        { "@type": of("no name"), "@value": "AQ==" },
        { "@type": of("(no type)"), "@value": "AQ==" },
      ],
      named: { unset: {}, note: { "@type": Note, text: "in a map" } },
    });
  });

  test(`the details of a foreign error are shown by the server's description, else by their bytes, over ${protocol}`, async () => {
    const fail = () => {
      const error = new ConnectError("cannot do that", Code.FailedPrecondition);
      const detail = (type: string, value: Uint8Array) => ({ type, value });
      error.details.push(detail("shop.notes.Note", encode(notes, "shop.notes.Note", { text: "why\u009b" })));
      error.details.push(detail("no.body.Knows", Uint8Array.of(1, 2, 3)));
      throw error;
    };
    await using server = await startForeignServer({
      files: [...files, ...notes],
      service: "shop.Shop",
      methods: { fail },
    });
    const args = ["call", "shop.Shop/Fail", "--url", server.address, "--protocol", protocol];
    const [text, json] = await Promise.all([runCommand(args), runCommand([...args, "--json"])]);
    assert.equal(
      text.stderr,
      'error: FAILED_PRECONDITION: cannot do that\n  detail: {"text":"why\\u009b","@type":"type.googleapis.com/shop.notes.Note"}\n' +
        '  detail: {"@value":"AQID","@type":"type.googleapis.com/no.body.Knows"}\n',
    );
    assert.equal(text.exitCode, 64 + Code.FailedPrecondition);
    assert.deepEqual(JSON.parse(json.stderr).error.details, [
      { text: "why\u009b", "@type": "type.googleapis.com/shop.notes.Note" },
      { "@value": "AQID", "@type": "type.googleapis.com/no.body.Knows" },
    ]);
  });
}

test("what is packed into a request is asked of the server, and refused where nobody describes it", async () => {
  async function* echo(requests: AsyncIterable<never>) {
    yield* requests;
  }
  await using server = await startForeignServer({
    files: [...files, ...notes],
    service: "shop.Shop",
    methods: { echo },
  });
  const call = (type: string) => {
    const input = `{"more": [\n  {"@type": "type.googleapis.com/${type}", "text": "x"}\n]}\n{}`;
    return runCommand(["call", "shop.Shop/Echo", "--url", server.address], { input });
  };
  const [known, unknown] = await Promise.all([call("shop.notes.Note"), call("no.body.Knows")]);
  assert.deepEqual(jsonLines(known.stdout), [
    { more: [{ text: "x", "@type": "type.googleapis.com/shop.notes.Note" }] },
    {},
  ]);
  assert.match(
    unknown.stderr,
    /^error: message in line 1 is no shop\.Parcel: .*no\.body\.Knows.*\n {2}hint: nobody describes/,
  );
  assert.equal(unknown.exitCode, 67);
});

test("a reply that JSON has no way to write is told in a line", async () => {
  const beyond = await compileTexts({
    "clock.proto": `syntax = "proto3"; package clock; import "google/protobuf/timestamp.proto";
service Clock { rpc Tell(Time) returns (Time); } message Time { google.protobuf.Timestamp at = 1; }`,
  });
  const tell = () => ({ at: create(TimestampSchema, { seconds: 10n ** 15n }) });
  await using server = await startForeignServer({ files: beyond, service: "clock.Clock", methods: { tell } });
  const { stderr, exitCode } = await runCommand(["call", "clock.Clock/Tell", "--url", server.address]);
  assert.match(stderr, /^error: the clock\.Time cannot be written as JSON: .*\n$/);
  assert.equal(exitCode, 1);
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
