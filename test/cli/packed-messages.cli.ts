import assert from "node:assert/strict";
import { before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { AnySchema, anyPack, type FileDescriptorProto, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { jsonLines, runCommand } from "../support/command-line.ts";
import { compileTexts, encode, startForeignServer } from "../support/foreign-server.ts";
import { shop } from "./shop.fixture.ts";

const note = `syntax = "proto3";
package shop.notes;
import "google/protobuf/any.proto";
message Note { string text = 1; google.protobuf.Any attached = 2; }
`;

let files: FileDescriptorProto[];
let notes: FileDescriptorProto[];
before(async () => {
  [files, notes] = await Promise.all([compileTexts({ "shop.proto": shop }), compileTexts({ "note.proto": note })]);
});

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
