import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { create, type DescFile, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { file_greeter_greeter } from "../gen/greeter/greeter_pb.ts";
import { printContract } from "./print-contract.ts";

/** What a file declares, in an order of its own: without options, comments, and what is only reserved. */
function declarationsOf({ proto }: DescFile): unknown {
  return sorted(toJson(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, { ...proto, options: undefined })));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(
    ([name]) => !/^(options|sourceCodeInfo|jsonName|reserved\w+|proto3Optional|syntax)$/.test(name),
  );
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, sorted(part)]));
}

test("what is printed compiles to what was printed", () => {
  const folder = mkdtempSync(join(tmpdir(), "concierge-contract-"));
  try {
    writeFileSync(join(folder, "rules.proto"), printContract(file_buf_validate_validate));
    const bytes = execFileSync("buf", ["build", folder, "--as-file-descriptor-set", "--output", "-"]);
    const compiled = fromBinary(FileDescriptorSetSchema, bytes).file.find(({ name }) => name === "rules.proto");
    assert.ok(compiled);
    compiled.name = file_buf_validate_validate.proto.name;
    assert.deepEqual(declarationsOf({ proto: compiled } as DescFile), declarationsOf(file_buf_validate_validate));
    assert.ok(compiled.messageType.some(({ name }) => name === "MapRules"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a file of another kind is refused", () => {
  assert.throws(() => printContract(file_greeter_greeter), { name: "TypeError", message: /is no proto2$/ });
});
