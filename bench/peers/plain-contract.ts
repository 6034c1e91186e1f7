import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";

/**
 * Writes the Greeter's contract into a folder as a FileDescriptorSet, and returns its path. It is without options, so
 * that generators of other languages need none of the files that define them.
 */
export function writePlainContract(folder: string): string {
  const { proto } = Greeter.file;
  const plain: FileDescriptorProto = create(FileDescriptorProtoSchema, {
    ...proto,
    dependency: [],
    service: proto.service.map(service => ({
      ...service,
      method: service.method.map(({ options: _, ...method }) => method),
    })),
  });
  const path = join(folder, "greeter.binpb");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [plain] })));
  return path;
}
