import type { DescField, DescMessage, JsonObject } from "@bufbuild/protobuf";
import type { Comments } from "../../protocol/comments.ts";
import type { Policy } from "../auth/policy.ts";
import { etagField } from "../rest/etags.ts";
import { nameOf } from "../rest/fields.ts";
import type { RestBinding } from "../rest/http-rule.ts";
import { createHttpBody } from "../rest/rest-codec.ts";
import type { Example } from "./examples.ts";
import { type Described, exampleValues, headerParameters, pathParameters, queryParameters } from "./parameters.ts";
import type { Schemas } from "./schema.ts";

/** The versions of OpenAPI that documents are written in; 3.1 has no word for the items of a stream. */
export type OpenApiVersion = "3.2" | "3.1";

/** What operations are described with. */
export interface OperationContext {
  readonly version: OpenApiVersion;
  readonly schemas: Schemas;
  readonly comments: Comments;
  /** Who may call a method; undefined where nobody has to sign in. */
  readonly policyOf: (method: RestBinding["method"]) => Policy | undefined;
}

/** Describes one way to ask for a method: https://spec.openapis.org/oas/v3.2.0.html#operation-object */
export function createOperation(context: OperationContext, described: Described): JsonObject {
  const { binding, operationId } = described;
  const { method } = binding;
  const name = `${method.parent.typeName}.${method.name}`;
  const text = context.comments(name);
  const summary = /^.+?(?:\.(?=\s|$)|$)/.exec(text)?.[0].replace(/\.$/, "");
  const policy = context.policyOf(method);
  return {
    operationId,
    tags: [method.parent.typeName],
    ...(summary && { summary }),
    ...(text !== "" && text !== `${summary}.` && { description: text }),
    ...(method.deprecated && { deprecated: true }),
    parameters: [
      ...pathParameters(context.schemas, described),
      ...queryParameters(context.schemas, described),
      ...headerParameters(binding),
    ],
    ...requestBody(context, described),
    responses: responses(context, described, policy),
    ...security(policy),
  };
}

function security(policy: Policy | undefined): JsonObject {
  if (policy === undefined) return {};
  if (policy.access === "public") return { security: [] };
  return {
    security: [{ bearer: [] }],
    "x-required-role": policy.access,
    ...(policy.self && { "x-or-self": true }),
  };
}

function requestBody({ schemas, version }: OperationContext, { binding, examples }: Described): JsonObject {
  const { method, variables, body } = binding;
  if (body === undefined) return {};
  if (method.methodKind === "client_streaming") {
    return {
      requestBody: { required: true, content: { "application/jsonl": items(version, schemas.message(method.input)) } },
    };
  }
  const content = {
    schema: bodySchema(schemas, method.input, body, variables),
    ...exampleValues(examples, example => example.body),
  };
  const types: JsonObject = { "application/json": content };
  if (binding.httpMethod === "PATCH") types["application/merge-patch+json"] = content;
  return { requestBody: { required: body !== "*", content: types } };
}

/** What the path gives is no part of the body. */
function bodySchema(
  schemas: Schemas,
  input: DescMessage,
  body: DescField | "*",
  variables: RestBinding["variables"],
): JsonObject {
  if (body === "*") {
    const given = variables.filter(({ fields }) => fields.length === 1).map(({ fields }) => nameOf(fields));
    return given.length === 0 ? schemas.message(input) : schemas.messageWithout(input, new Set(given));
  }
  const given = variables.filter(({ fields }) => fields.length === 2 && fields[0] === body);
  const names = new Set(given.map(({ fields }) => fields[1]?.name ?? ""));
  return names.size > 0 && body.message ? schemas.messageWithout(body.message, names) : schemas.field(body);
}

function responses(
  { schemas, version }: OperationContext,
  { binding, examples }: Described,
  policy: Policy | undefined,
): JsonObject {
  const { method, responseBody, httpMethod } = binding;
  const schema = responseBody ? schemas.field(responseBody) : schemas.message(method.output);
  const error = { $ref: "#/components/responses/Error" };
  const closed = policy !== undefined && policy.access !== "public";
  const hasEtag = etagField(responseBody?.message ?? method.output) !== undefined && method.methodKind === "unary";
  return {
    "200": {
      description: "The reply.",
      ...(hasEtag && { headers: { ETag: { description: "The reply's etag.", schema: { type: "string" } } } }),
      content: replyContent(version, binding, schema, examples),
    },
    ...(httpMethod === "GET" && hasEtag && { "304": { description: "The client has it." } }),
    "400": error,
    ...(closed && { "401": error, "403": error }),
    default: error,
  };
}

function replyContent(
  version: OpenApiVersion,
  binding: RestBinding,
  schema: JsonObject,
  examples: readonly Example[],
): JsonObject {
  if (binding.method.methodKind === "server_streaming") {
    return { "application/jsonl": items(version, schema), "text/event-stream": items(version, eventSchema(schema)) };
  }
  if (createHttpBody(binding)) return { "*/*": {} };
  return { "application/json": { schema, ...exampleValues(examples, example => example.reply) } };
}

/** https://spec.openapis.org/oas/v3.2.0.html#sequential-media-types; before 3.2, the schema of an item stands for all. */
function items(version: OpenApiVersion, schema: JsonObject): JsonObject {
  return version === "3.2" ? { itemSchema: schema } : { schema };
}

/** An event's fields, as OpenAPI 3.2 parses them. */
function eventSchema(schema: JsonObject): JsonObject {
  const text = { type: "string" };
  const data = { type: "string", contentMediaType: "application/json" };
  return {
    type: "object",
    required: ["data"],
    properties: { id: text, event: text, data },
    oneOf: [
      { not: { required: ["event"] }, properties: { data: { contentSchema: schema } } },
      {
        description: "The last one says how the stream went.",
        required: ["event"],
        properties: { event: { const: "status" }, data: { contentSchema: { $ref: "#/components/schemas/Status" } } },
      },
    ],
  };
}
