import type { DescService } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  type ServerReflectionRequest as RequestV1,
  ServerReflection,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  type ServerReflectionRequest as RequestV1alpha,
  ServerReflection as ServerReflectionV1alpha,
} from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { type Served, serve } from "../served.ts";
import { createReflectionIndex, type ReflectedFile, type ReflectionIndex } from "./reflection-index.ts";

/** The two versions differ in their packages alone. */
type Request = RequestV1 | RequestV1alpha;

type Answer =
  | { case: "listServicesResponse"; value: { service: { name: string }[] } }
  | { case: "fileDescriptorResponse"; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: "allExtensionNumbersResponse"; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: "errorResponse"; value: { errorCode: number; errorMessage: string } };

/**
 * `grpc.reflection.v1` and `v1alpha` for services, and for themselves:
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 *
 * Throws what `createReflectionIndex` throws.
 */
export function reflectionOf(services: readonly DescService[]): Served[] {
  const index = createReflectionIndex([...services, ServerReflection, ServerReflectionV1alpha]);
  const implementation = {
    async *serverReflectionInfo<T extends Request>(requests: AsyncIterable<T>) {
      const sent = new Set<ReflectedFile>();
      for await (const request of requests) {
        const messageResponse = answer(index, request, sent);
        yield { validHost: request.host, originalRequest: request, messageResponse };
      }
    },
  };
  return [serve(ServerReflection, implementation), serve(ServerReflectionV1alpha, implementation)];
}

/** What cannot be answered is an error in the reply: the stream goes on. */
function answer(index: ReflectionIndex, { messageRequest }: Request, sent: Set<ReflectedFile>): Answer {
  switch (messageRequest.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: index.services.map(name => ({ name })) } };
    case "fileByFilename": {
      const name = messageRequest.value;
      return filesOr(index.file(name), sent, `file "${name}"`);
    }
    case "fileContainingSymbol": {
      const name = messageRequest.value;
      return filesOr(index.fileOfSymbol(name), sent, `symbol "${name}"`);
    }
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = messageRequest.value;
      const file = index.fileOfExtension(containingType, extensionNumber);
      return filesOr(file, sent, `extension ${extensionNumber} of "${containingType}"`);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = messageRequest.value;
      const extensionNumber = index.extensionNumbers(baseTypeName);
      if (!extensionNumber) return notFound(`message "${baseTypeName}"`);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber } };
    }
    default:
      return failure(Code.InvalidArgument, "message_request is required");
  }
}

/**
 * The file first, then what it imports, directly or not. Imports that the stream has had are left out; the file itself
 * never is, for an empty reply would be none.
 */
function filesOr(root: ReflectedFile | undefined, sent: Set<ReflectedFile>, what: string): Answer {
  if (!root) return notFound(what);
  const files = new Set([root]);
  // A set's loop reaches what is added in it.
  for (const { dependencies } of files) for (const dependency of dependencies) files.add(dependency);
  const fileDescriptorProto = [...files].filter(file => file === root || !sent.has(file)).map(({ bytes }) => bytes);
  for (const file of files) sent.add(file);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function notFound(what: string): Answer {
  return failure(Code.NotFound, `${what} is not known here`);
}

function failure(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
