import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { ServerReflection, type ServerReflectionRequestSchema } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1alpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { reflectionOf } from "./reflection.ts";

type Question = Exclude<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"], undefined>;

const transport = createRouterTransport(router => {
  for (const service of reflectionOf([Greeter, DirectoryService])) service.mount(router);
});

for (const [version, service] of [
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionV1alpha],
] as const) {
  /** The replies of one stream. */
  async function ask(...questions: Question[]) {
    async function* requests() {
      for (const messageRequest of questions) yield { host: "example.com", messageRequest };
    }
    const client = createClient(service, transport);
    return (await Array.fromAsync(client.serverReflectionInfo(requests()))).map(reply => {
      assert.equal(reply.validHost, "example.com");
      return reply;
    });
  }

  /** The names of the files in each reply of one stream. */
  async function filesOf(...questions: Question[]) {
    return (await ask(...questions)).map(({ messageResponse: { case: kind, value } }) => {
      assert.equal(kind, "fileDescriptorResponse");
      return value.fileDescriptorProto.map(bytes => fromBinary(FileDescriptorProtoSchema, bytes).name);
    });
  }

  test(`${version} lists the services and itself, sorted`, async () => {
    const [reply] = await ask({ case: "listServices", value: "*" });
    assert.equal(reply?.messageResponse.case, "listServicesResponse");
    assert.deepEqual(
      reply.messageResponse.value.service.map(({ name }) => name),
      [
        "concierge.directory.v1.DirectoryService",
        "greeter.Greeter",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ],
    );
  });

  test(`${version} answers a file first and then its imports, and each import once a stream`, async () => {
    const directory = "concierge/directory/v1/directory.proto";
    const field = { containingType: "google.protobuf.FieldOptions", extensionNumber: 1159 };
    const replies = await filesOf(
      { case: "fileContainingSymbol", value: "buf.validate.FieldRules" },
      { case: "fileContainingSymbol", value: "concierge.directory.v1.User" },
      { case: "fileByFilename", value: directory },
      { case: "fileContainingExtension", value: field },
    );
    assert.deepEqual(replies, [
      ["buf/validate/validate.proto", "google/protobuf/descriptor.proto"],
      [
        directory,
        "concierge/policy/v1/policy.proto",
        "concierge/rest/v1/event_stream.proto",
        "concierge/rest/v1/example.proto",
        "google/api/annotations.proto",
        "google/protobuf/field_mask.proto",
        "google/protobuf/timestamp.proto",
        "google/api/http.proto",
      ],
      [directory],
      ["buf/validate/validate.proto"],
    ]);
  });

  test(`${version} answers the extension numbers of a message`, async () => {
    const [field, none] = await ask(
      { case: "allExtensionNumbersOfType", value: "google.protobuf.FieldOptions" },
      { case: "allExtensionNumbersOfType", value: "greeter.HelloRequest" },
    );
    assert.equal(field?.messageResponse.case, "allExtensionNumbersResponse");
    assert.equal(field.messageResponse.value.baseTypeName, "google.protobuf.FieldOptions");
    assert.deepEqual(field.messageResponse.value.extensionNumber, [1159]);
    assert.equal(none?.messageResponse.case, "allExtensionNumbersResponse");
    assert.deepEqual(none.messageResponse.value.extensionNumber, []);
  });

  test(`${version} answers what it cannot find in band, in order, with the question`, async () => {
    const questions = [
      { case: "fileByFilename", value: "no/such.proto" },
      { case: "fileContainingSymbol", value: "no.Such" },
      { case: "fileContainingExtension", value: { containingType: "no.Such", extensionNumber: 7 } },
      { case: "allExtensionNumbersOfType", value: "no.Such" },
      { case: undefined },
      { case: "fileContainingSymbol", value: "greeter.Greeter" },
    ] satisfies Question[];
    const replies = await ask(...questions);
    const errors = replies.slice(0, -1).map(({ messageResponse: { case: kind, value } }) => {
      assert.equal(kind, "errorResponse");
      return [value.errorCode, value.errorMessage];
    });
    assert.deepEqual(errors, [
      [5, 'file "no/such.proto" is not known here'],
      [5, 'symbol "no.Such" is not known here'],
      [5, 'extension 7 of "no.Such" is not known here'],
      [5, 'message "no.Such" is not known here'],
      [3, "message_request is required"],
    ]);
    assert.equal(replies.at(-1)?.messageResponse.case, "fileDescriptorResponse");
    assert.deepEqual(
      replies.map(({ originalRequest }) => originalRequest?.messageRequest.case),
      questions.map(question => question.case),
    );
    assert.equal(replies[1]?.originalRequest?.messageRequest.value, "no.Such");
  });
}
