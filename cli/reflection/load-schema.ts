import {
  create,
  createFileRegistry,
  type DescFile,
  type FileRegistry,
  fromBinary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1alpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { CliError } from "../cli-error.ts";

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;
type Answer = ServerReflectionResponse["messageResponse"];

/** What a server says of itself by `grpc.reflection`, version v1 or else v1alpha. */
export interface Reflection {
  /** The full names of its services, sorted. */
  services(): Promise<string[]>;
  /** The file that declares a service, method, message or enum, and all that it imports. Throws NOT_FOUND. */
  schemaOf(symbol: string): Promise<FileRegistry>;
}

/** Asks a server over any transport that has streams in both directions. */
export function createReflection(transport: Transport, signal: AbortSignal): Reflection {
  const v1 = createClient(ServerReflection, transport);
  // The two versions differ in their packages alone.
  const v1alpha = createClient(ServerReflectionV1alpha, transport) as unknown as typeof v1;
  let old = false;

  async function ask(messageRequest: Question): Promise<Answer> {
    if (!old) {
      try {
        return await first(v1.serverReflectionInfo(once({ messageRequest }), { signal }));
      } catch (error) {
        if (ConnectError.from(error).code !== Code.Unimplemented) throw error;
        old = true;
      }
    }
    try {
      return await first(v1alpha.serverReflectionInfo(once({ messageRequest }), { signal }));
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unimplemented) throw error;
      throw new CliError("the server does not describe itself", {
        cause: error,
        hint: "reflection is off there; a Concierge server turns it on with REFLECTION=on",
      });
    }
  }

  async function filesOf(question: Question): Promise<FileDescriptorProto[]> {
    const answer = await ask(question);
    if (answer.case === "errorResponse") throw new ConnectError(answer.value.errorMessage, answer.value.errorCode);
    if (answer.case !== "fileDescriptorResponse") throw unexpected(answer);
    return answer.value.fileDescriptorProto.map(bytes => {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      for (const message of file.messageType) nameFields(message);
      return file;
    });
  }

  return {
    async services() {
      const answer = await ask({ case: "listServices", value: "" });
      if (answer.case !== "listServicesResponse") throw unexpected(answer);
      return answer.value.service.map(({ name }) => name).sort();
    },
    async schemaOf(symbol) {
      const files = new Map<string, FileDescriptorProto>();
      const add = (some: FileDescriptorProto[]) => {
        for (const file of some) if (!files.has(file.name)) files.set(file.name, file);
        return some[0];
      };
      const root = add(await filesOf({ case: "fileContainingSymbol", value: symbol }));
      // Some servers send the imports along, others have to be asked for each. A map's loop reaches what is added in it.
      for (const { dependency } of files.values()) {
        for (const name of dependency)
          if (!files.has(name)) add(await filesOf({ case: "fileByFilename", value: name }));
      }
      return createFileRegistry(
        root ?? create(FileDescriptorProtoSchema),
        name => files.get(name) as FileDescriptorProto | DescFile | undefined,
      );
    },
  };
}

/**
 * Gives fields the JSON names that protoc would: the runtimes of C++, Java and Python leave them out of what they say of
 * themselves (protocolbuffers/protobuf#5587), and @bufbuild/protobuf 2.17 then reads and writes "".
 */
function nameFields({ field, nestedType }: DescriptorProto): void {
  for (const one of field) one.jsonName ||= protoCamelCase(one.name);
  for (const message of nestedType) nameFields(message);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

async function first(replies: AsyncIterable<{ readonly messageResponse: Answer }>): Promise<Answer> {
  for await (const { messageResponse } of replies) return messageResponse;
  throw new ConnectError("reflection ended without an answer", Code.Internal);
}

function unexpected(answer: Answer): ConnectError {
  return new ConnectError(`reflection answered "${answer.case}"`, Code.Internal);
}
