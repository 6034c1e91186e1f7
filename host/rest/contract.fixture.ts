import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const contracts = fileURLToPath(new URL("../../proto", import.meta.url));

/** Compiles a contract of package `test` that has one service, `Service`; http rules and well-known types are in reach. */
export function compileContract(text: string): DescService {
  const folder = mkdtempSync(join(tmpdir(), "concierge-contract-"));
  try {
    for (const name of ["google/api", "concierge/rest", "buf/validate"])
      cpSync(join(contracts, name), join(folder, name), { recursive: true });
    const imports = [
      "buf/validate/validate.proto",
      "google/api/annotations.proto",
      "google/api/httpbody.proto",
      "concierge/rest/v1/event_stream.proto",
      "concierge/rest/v1/example.proto",
      ...["duration", "empty", "field_mask", "struct", "timestamp", "wrappers", "any"].map(
        name => `google/protobuf/${name}.proto`,
      ),
    ];
    const head = ['syntax = "proto3";', "package test;", ...imports.map(name => `import "${name}";`)];
    writeFileSync(join(folder, "test.proto"), [...head, text].join("\n"));
    const file = join(folder, "set.binpb");
    execFileSync("buf", ["build", folder, "--as-file-descriptor-set", "--output", file], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const service = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file))).getService(
      "test.Service",
    );
    if (service === undefined) throw new Error("the contract has no service test.Service");
    return service;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
