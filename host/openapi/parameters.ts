import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { etagField } from "../rest/etags.ts";
import { holdsText, isPlainMessage, nameOf, resolveFieldPath } from "../rest/fields.ts";
import type { RestBinding } from "../rest/http-rule.ts";
import type { Example } from "./examples.ts";
import type { PathParameter } from "./paths.ts";
import type { Schemas } from "./schema.ts";

/** A binding that is described. */
export interface Described {
  readonly binding: RestBinding;
  /** Unique in its document. */
  readonly operationId: string;
  readonly parameters: readonly PathParameter[];
  readonly examples: readonly Example[];
}

/** How deep messages within messages become query parameters: a contract's may be endless. */
const maxQueryDepth = 4;

/** The parameters of a path. */
export function pathParameters(schemas: Schemas, { binding, parameters, examples }: Described): JsonObject[] {
  return parameters.map(({ name, fieldPath, index, spans }) => {
    const fields = fieldPath === undefined ? undefined : resolveFieldPath(binding.method.input, fieldPath);
    const last = Array.isArray(fields) && index < 0 && !spans ? (fields.at(-1) as DescField) : undefined;
    const field = last && schemas.field(last);
    const own = { ...field };
    delete own.description;
    return {
      name,
      in: "path",
      required: true,
      ...(field?.description !== undefined && { description: field.description }),
      ...(spans && { description: "May hold slashes." }),
      schema: last ? own : { type: "string" },
      ...exampleValues(examples, example => (fieldPath === undefined ? undefined : example.path[fieldPath])),
    };
  });
}

/** The fields that the query may give. */
export function queryParameters(schemas: Schemas, { binding, examples }: Described): JsonObject[] {
  const { method, variables, body } = binding;
  if (body === "*") return [];
  const given = new Set(variables.map(({ fields }) => nameOf(fields)));
  const found = [...walk(method.input, [], field => field === body)].filter(fields => !given.has(nameOf(fields)));
  return found.map(fields => {
    const name = fields.map(({ jsonName }) => jsonName).join(".");
    const { description, ...schema } = schemas.field(fields.at(-1) as DescField);
    return {
      name,
      in: "query",
      ...(description !== undefined && { description }),
      schema,
      ...exampleValues(examples, example => example.query[name]),
    };
  });
}

/** The fields that query parameters may give, each with those that lead to it. */
function* walk(
  message: DescMessage,
  before: readonly DescField[],
  isLeftOut: (field: DescField) => boolean,
): Generator<readonly DescField[]> {
  for (const field of message.fields) {
    if (isLeftOut(field)) continue;
    const fields = [...before, field];
    if (holdsText(field)) yield fields;
    else if (field.fieldKind === "message" && isPlainMessage(field.message) && fields.length < maxQueryDepth) {
      yield* walk(field.message, fields, () => false);
    }
  }
}

/** The headers that give fields, and preconditions. */
export function headerParameters({ method, httpMethod, body, events }: RestBinding): JsonObject[] {
  const header = (name: string, description: string) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  });
  if (httpMethod === "GET") {
    return [
      ...(events ? [header("Last-Event-ID", "The id of the last event that came: the stream goes on after it.")] : []),
      ...(etagField(method.output) ? [header("If-None-Match", "Answers 304 while the etag is one of these.")] : []),
    ];
  }
  const resource = body instanceof Object ? body.message : undefined;
  return [
    ...((etagField(method.input) ?? etagField(resource))
      ? [header("If-Match", "Changes only the state that has this etag, else answers 412.")]
      : []),
    ...(method.input.field.requestId
      ? [header("Idempotency-Key", "A UUID: a retry with the same one answers what the first try answered.")]
      : []),
  ];
}

/** The same part of several examples. */
export function exampleValues(
  examples: readonly Example[],
  partOf: (example: Example) => JsonValue | undefined,
): JsonObject {
  const values = examples.flatMap((example, i) => {
    const value = partOf(example);
    return value === undefined ? [] : [[exampleName(i), { summary: example.summary, value }] as const];
  });
  return values.length > 0 ? { examples: Object.fromEntries(values) } : {};
}

/** One example has one name wherever its parts stand. */
function exampleName(index: number): string {
  return `example${index + 1}`;
}
