import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescFile, type DescMessage, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { type DescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { file_concierge_directory_v1_directory } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { createReflection } from "./reflection.ts";

/** A file and its imports, as the runtimes of C++, Java and Python give them away. */
function withoutJsonNames(file: DescFile, known = new Map<string, Uint8Array>()): Map<string, Uint8Array> {
  const proto = structuredClone(file.proto);
  const strip = ({ field, nestedType }: DescriptorProto) => {
    for (const one of field) one.jsonName = "";
    nestedType.forEach(strip);
  };
  proto.messageType.forEach(strip);
  known.set(proto.name, toBinary(FileDescriptorProtoSchema, proto));
  for (const dependency of file.dependencies) withoutJsonNames(dependency, known);
  return known;
}

test("fields without a JSON name get the one that protoc gives, on a server that knows v1alpha alone", async () => {
  const files = withoutJsonNames(file_concierge_directory_v1_directory);
  const transport = createRouterTransport(({ service }) =>
    service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const { messageRequest } of requests) {
          const name =
            messageRequest.case === "fileByFilename" ? messageRequest.value : "concierge/directory/v1/directory.proto";
          const file = files.get(name);
          if (file === undefined) throw new ConnectError(name, Code.NotFound);
          yield { messageResponse: { case: "fileDescriptorResponse", value: { fileDescriptorProto: [file] } } };
        }
      },
    }),
  );
  const types = await createReflection(transport, new AbortController().signal).typesOf("concierge.directory.v1.User");
  const User = types.getMessage("concierge.directory.v1.User") as DescMessage;
  const json = { name: "Ada", createTime: "2026-01-01T00:00:00Z" };
  assert.deepEqual(toJson(User, fromJson(User, json)), json);
});
