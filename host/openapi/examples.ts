import {
  type DescField,
  type DescMethod,
  fromJson,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { example as exampleOption } from "../../gen/concierge/rest/v1/example_pb.ts";
import { nameOf } from "../rest/fields.ts";
import type { RestBinding } from "../rest/http-rule.ts";
import { isObject } from "../rest/mask.ts";

/** A call and its answer, as plain HTTP carries them. */
export interface Example {
  readonly summary: string;
  /** Values of the path's variables, by the names of their fields. */
  readonly path: Readonly<Record<string, JsonValue>>;
  /** Values of query parameters; one that is given several times is an array. */
  readonly query: Readonly<Record<string, JsonValue>>;
  readonly body: JsonValue | undefined;
  readonly reply: JsonValue;
}

/**
 * The examples of a method that a binding can carry: those that give all of its path's variables, and that no binding before
 * it carries. Throws where an example is no message of the method.
 */
export function examplesOf(binding: RestBinding, before: readonly RestBinding[]): Example[] {
  const { method } = binding;
  if (!hasOption(method, exampleOption)) return [];
  return getOption(method, exampleOption).flatMap(({ summary, request, reply }) => {
    const json = normalized(method, "input", request);
    const carried = (by: RestBinding) => by.variables.every(({ fields }) => valueAt(json, fields) !== undefined);
    if (!carried(binding) || before.some(carried)) return [];
    return [{ summary, ...takeApart(binding, json), reply: shown(binding, normalized(method, "output", reply)) }];
  });
}

function normalized(method: DescMethod, which: "input" | "output", text: string): JsonObject {
  try {
    return toJson(method[which], fromJson(method[which], JSON.parse(text))) as JsonObject;
  } catch (cause) {
    throw new Error(`${method.parent.typeName}/${method.name}: an example is no ${method[which].typeName}: ${text}`, {
      cause,
    });
  }
}

/** Takes a request apart as the binding puts it together. */
export function takeApart(
  { variables, body }: RestBinding,
  json: JsonObject,
): Pick<Example, "path" | "query" | "body"> {
  const rest = structuredClone(json);
  const path: Record<string, JsonValue> = {};
  for (const { fields } of variables) path[nameOf(fields)] = take(rest, fields) ?? null;
  if (body === "*") return { path, query: {}, body: rest };
  const content = body === undefined ? undefined : take(rest, [body]);
  return { path, query: Object.fromEntries(flatten(rest)), body: content };
}

function* flatten(json: JsonObject, prefix = ""): Generator<[string, JsonValue]> {
  for (const [key, value] of Object.entries(json)) {
    if (isObject(value)) yield* flatten(value, `${prefix}${key}.`);
    else yield [prefix + key, value];
  }
}

function valueAt(json: JsonValue | undefined, fields: readonly DescField[]): JsonValue | undefined {
  const [first, ...more] = fields;
  if (first === undefined) return json;
  return isObject(json) ? valueAt(json[first.jsonName], more) : undefined;
}

function take(json: JsonObject, fields: readonly DescField[]): JsonValue | undefined {
  const last = fields.at(-1);
  const parent = valueAt(json, fields.slice(0, -1));
  if (last === undefined || !isObject(parent)) return undefined;
  const value = parent[last.jsonName];
  delete parent[last.jsonName];
  return value;
}

function shown({ responseBody }: RestBinding, reply: JsonObject): JsonValue {
  return responseBody === undefined ? reply : (reply[responseBody.jsonName] ?? null);
}
