import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  ErrorResponseSchema,
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1alpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { CliError } from "../cli-error.ts";
import { linkFiles, type Schema } from "./schema.ts";

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;
type Reply = ServerReflectionResponse["messageResponse"];

/**
 * Creates a schema of what a server says by `grpc.reflection`, version v1 or else v1alpha, over any transport that has
 * streams in both directions. Each file is asked for once.
 */
export function createReflection(transport: Transport, signal: AbortSignal): Schema {
  const ask = createAsker(transport, signal);
  const files = new Map<string, FileDescriptorProto>();
  const lacking = new Set<string>();
  let types = linkFiles(files);

  function add(reply: Reply) {
    if (reply.case !== "fileDescriptorResponse") throw unexpected(reply);
    for (const bytes of reply.value.fileDescriptorProto) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      if (!files.has(file.name)) files.set(file.name, file);
    }
  }

  async function addImport(name: string) {
    if (files.has(name) || lacking.has(name)) return;
    const reply = await ask({ case: "fileByFilename", value: name });
    if (reply.case === "errorResponse") lacking.add(name);
    else add(reply);
  }

  return {
    async services() {
      const reply = await ask({ case: "listServices", value: "" });
      if (reply.case !== "listServicesResponse") throw unexpected(reply);
      return reply.value.service.map(({ name }) => name).sort();
    },
    async typesOf(symbol) {
      if (types.get(symbol)) return types;
      const reply = await ask({ case: "fileContainingSymbol", value: symbol });
      if (reply.case === "errorResponse" && reply.value.errorCode === Code.NotFound) return types;
      add(reply);
      // Some servers send the imports along, others have to be asked for each. A map's loop reaches what is added in it.
      for (const { dependency } of files.values()) for (const name of dependency) await addImport(name);
      types = linkFiles(files);
      return types;
    },
  };
}

/** Returns what asks one question in a stream of its own, by v1alpha where the server has no v1. */
function createAsker(transport: Transport, signal: AbortSignal): (question: Question) => Promise<Reply> {
  const v1 = createClient(ServerReflection, transport);
  // The two versions differ in their packages alone.
  const v1alpha = createClient(ServerReflectionV1alpha, transport) as unknown as typeof v1;
  let old = false;
  return async messageRequest => {
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
        hint: "give its contract with --proto or --protoset; a Concierge server describes itself with REFLECTION=on",
      });
    }
  };
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

async function first(replies: AsyncIterable<{ readonly messageResponse: Reply }>): Promise<Reply> {
  try {
    for await (const { messageResponse } of replies) return messageResponse;
  } catch (error) {
    // Some servers end the stream with the code that belongs into the reply.
    const { code, rawMessage } = ConnectError.from(error);
    if (code !== Code.NotFound) throw error;
    const value = create(ErrorResponseSchema, { errorCode: code, errorMessage: rawMessage });
    return { case: "errorResponse", value };
  }
  throw new ConnectError("reflection ended without a reply", Code.Internal);
}

function unexpected(reply: Reply): ConnectError {
  if (reply.case === "errorResponse") return new ConnectError(reply.value.errorMessage, reply.value.errorCode);
  return new ConnectError(`reflection replied "${reply.case}"`, Code.Internal);
}
