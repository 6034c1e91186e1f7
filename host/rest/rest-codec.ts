import { create, type DescField, type DescMessage, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError } from "@connectrpc/connect";
import { type HttpBody, HttpBodySchema } from "../../gen/google/api/httpbody_pb.ts";
import type { Codec } from "../../protocol/codec.ts";
import type { RestBinding } from "./http-rule.ts";

/** What a reply looks like on the wire. */
export type Serialize = (message: Message) => Uint8Array;

/** Makes what turns replies into JSON: the whole of them, or the field that the rule names (`response_body`). */
export function createSerialize({ responseBody }: Pick<RestBinding, "responseBody">, json: Codec): Serialize {
  if (responseBody === undefined) return json.serialize;
  const { parent } = responseBody;
  return message => {
    try {
      const all = toJson(parent, message) as Record<string, JsonValue>;
      return Buffer.from(JSON.stringify(all[responseBody.jsonName] ?? unsetJson(responseBody, parent)));
    } catch (error) {
      throw ConnectError.from(error, Code.Internal);
    }
  };
}

/** The JSON of a field that is not set, which the JSON of its message leaves out. */
function unsetJson(field: DescField, parent: DescMessage): JsonValue {
  if (field.fieldKind === "message") return toJson(field.message, create(field.message));
  const all = toJson(parent, create(parent), { alwaysEmitImplicit: true }) as Record<string, JsonValue>;
  return all[field.jsonName] ?? null;
}

/** Makes what finds the body in a reply that is, or whose `response_body` is, no JSON but bytes of a type of its own. */
export function createHttpBody({ method, responseBody }: RestBinding): ((message: Message) => HttpBody) | undefined {
  const type = responseBody === undefined ? method.output : responseBody.message;
  if (type?.typeName !== HttpBodySchema.typeName || responseBody?.fieldKind === "list") return undefined;
  if (responseBody === undefined) return message => message as HttpBody;
  return message =>
    reflect(method.output, message).get(responseBody as DescField & { fieldKind: "message" }).message as HttpBody;
}

/** JSON above this is weighed before it is read, as in all protocols. */
const smallJsonBytes = 4096;

/** Makes what weighs a body as `Codec.weigh` does: where it is a field of the request, as a request with that field. */
export function createWeigh({ body }: RestBinding, json: Codec): Codec["weigh"] {
  if (!(body instanceof Object)) return json.weigh;
  const head = Buffer.from(`{${JSON.stringify(body.jsonName)}:`);
  return bytes => json.weigh(Buffer.concat([head, bytes, Buffer.from("}")]));
}

/** Reads a body of JSON. Throws INVALID_ARGUMENT, and what `weigh` throws. */
export function parseJson(bytes: Uint8Array, weigh: Codec["weigh"]): JsonValue {
  if (bytes.length > smallJsonBytes) weigh(bytes);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new ConnectError(`the body is no JSON: ${why}`, Code.InvalidArgument);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });
