import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { printContract } from "./print-contract.ts";

/** Contracts of this repository that others' contracts import. */
const ours = [
  "concierge/policy/v1/policy.proto",
  "concierge/rest/v1/event_stream.proto",
  "google/api/annotations.proto",
  "google/api/http.proto",
  "google/api/httpbody.proto",
];

/**
 * Writes into a folder what others' contracts import: who may call a method, its plain HTTP, and the rules of messages. The
 * latter are all that the installed protovalidate knows; Concierge's own contracts get by with a part of them, which makes its
 * page smaller.
 */
export function writeContracts(folder: string): void {
  for (const name of ours) cpSync(join("proto", name), join(folder, name));
  const rules = join(folder, "buf/validate/validate.proto");
  mkdirSync(dirname(rules), { recursive: true });
  const about = "// The rules of messages, for compilers: https://protovalidate.com says what each means.\n";
  writeFileSync(rules, about + printContract(file_buf_validate_validate));
}

if (import.meta.main) writeContracts(process.argv[2] ?? "dist/proto");
