import type { DescService, JsonObject } from "@bufbuild/protobuf";
import type { Comments } from "../../protocol/comments.ts";
import type { RestBinding } from "../rest/http-rule.ts";
import { examplesOf } from "./examples.ts";
import { createOperation, type OpenApiVersion, type OperationContext } from "./operation.ts";
import { openApiPath } from "./paths.ts";
import { createSchemas } from "./schema.ts";

/** What a document says. */
export interface DocumentOptions {
  readonly version: OpenApiVersion;
  readonly title: string;
  /** Of what is described, not of OpenAPI. */
  readonly apiVersion: string;
  readonly services: readonly DescService[];
  readonly bindings: readonly RestBinding[];
  readonly comments: Comments;
  readonly policyOf: OperationContext["policyOf"];
}

/** The HTTP methods that a path item has words for. */
const knownMethods = new Set(["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]);

/** Describes what is served: https://spec.openapis.org/oas/v3.2.0.html. Throws where an example is no message of its method. */
export function createDocument(options: DocumentOptions): JsonObject {
  const { version, title, apiVersion, bindings, comments } = options;
  const schemas = createSchemas(comments);
  const context: OperationContext = { version, schemas, comments, policyOf: options.policyOf };
  const paths = new Map<string, { readonly path: string; readonly item: JsonObject }>();
  let secured = false;
  for (const binding of bindings) {
    const siblings = bindings.filter(({ method }) => method === binding.method);
    const index = siblings.indexOf(binding);
    const { path, shape, parameters } = openApiPath(binding);
    const known = paths.get(shape) ?? { path, item: {} };
    paths.set(shape, known);
    const operation = createOperation(context, {
      binding,
      operationId: `${binding.method.parent.typeName}.${binding.method.name}${index > 0 ? `_${index + 1}` : ""}`,
      // Where two bindings share a path, it has the names that the first one gave.
      parameters: parameters.map((parameter, i) => ({ ...parameter, name: namesIn(known.path)[i] ?? parameter.name })),
      examples: examplesOf(binding, siblings.slice(0, index)),
    });
    secured ||= Array.isArray(operation.security) && operation.security.length > 0;
    addOperation(known.item, version, binding.httpMethod, operation);
  }
  const described = options.services.filter(service => bindings.some(({ method }) => method.parent === service));
  return {
    openapi: version === "3.2" ? "3.2.0" : "3.1.1",
    info: { title, version: apiVersion },
    tags: described.map(({ typeName }) => {
      const description = comments(typeName);
      return { name: typeName, ...(description !== "" && { description }) };
    }),
    paths: Object.fromEntries([...paths.values()].map(({ path, item }) => [path, item])),
    components: {
      schemas: { ...schemas.components, Error: errorSchema, Status: statusSchema },
      responses: {
        Error: {
          description: "Any error: the code is HTTP's, the status is gRPC's.",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
      ...(secured && { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } }),
    },
  };
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = ""]) => name);
}

function addOperation(item: JsonObject, version: OpenApiVersion, method: string, operation: JsonObject): void {
  // Any method will do, and a client needs one.
  if (method === "*") item.post ??= operation;
  else if (knownMethods.has(method)) item[method.toLowerCase()] = operation;
  else if (version === "3.2") {
    item.additionalOperations = { ...(item.additionalOperations as JsonObject | undefined), [method]: operation };
  }
}

/** https://google.aip.dev/193 */
const errorSchema: JsonObject = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "status", "message"],
      properties: {
        code: { type: "integer", description: "The HTTP status." },
        status: { type: "string", description: "The name of gRPC's code, such as NOT_FOUND." },
        message: { type: "string" },
        details: {
          type: "array",
          items: {
            type: "object",
            required: ["@type"],
            properties: { "@type": { type: "string" } },
            additionalProperties: true,
          },
        },
      },
    },
  },
};

const statusSchema: JsonObject = {
  description: "How a stream of events went.",
  oneOf: [
    {
      type: "object",
      required: ["code", "status"],
      properties: { code: { const: 200 }, status: { const: "OK" } },
    },
    { $ref: "#/components/schemas/Error" },
  ],
};
