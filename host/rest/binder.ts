import { type DescField, fromJson, type JsonObject, type JsonValue, type Message } from "@bufbuild/protobuf";
import { isFieldError } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError } from "@connectrpc/connect";
import { invalidField, jsonOfText, maskJson, quoted } from "./field-text.ts";
import { holdsText, isPlainMessage, nameOf, resolveFieldPath } from "./fields.ts";
import type { RestBinding } from "./http-rule.ts";
import { isObject, maskField, maskPaths } from "./mask.ts";
import { variableText } from "./path-router.ts";
import { parseQuery } from "./query.ts";

/** A field that a header gives, such as a precondition. */
export interface HeaderField {
  readonly fields: readonly DescField[];
  readonly value: string;
  /** The header's name, for errors. */
  readonly header: string;
  /** Fields of the top level that it stands in place of, its own perhaps among them. */
  readonly clears?: readonly DescField[];
}

/** What a request says, apart from its body. */
export interface RequestParts {
  /** The path's segments, as they were sent. */
  readonly segments: readonly string[];
  /** Without the question mark. */
  readonly query: string;
  readonly headerFields?: readonly HeaderField[];
}

/**
 * Makes what puts a request together as its rule says: body, then path, query and headers, each field from one of them
 * alone. It goes by way of JSON, whose reader knows all types. What it returns throws INVALID_ARGUMENT with the name of the
 * field at fault; unknown fields of the body are ignored, as in all protocols.
 */
export function createBinder(binding: RestBinding): (parts: RequestParts, body: JsonValue | undefined) => Message {
  const { method, httpMethod, variables, body: bodyField } = binding;
  const { input } = method;
  const mask = httpMethod === "PATCH" && bodyField instanceof Object ? maskField(input) : undefined;
  const pathFields = variables.map(variable => ({ variable, name: nameOf(variable.fields) }));
  const pathNames = new Set(pathFields.map(({ name }) => name));

  /** The field of a query parameter. */
  function parameterField(name: string): readonly DescField[] {
    if (bodyField === "*")
      throw invalidField(name, `query parameter ${quoted(name)}: all fields are given by the body`);
    const fields = resolveFieldPath(input, name);
    if (typeof fields === "string") throw invalidField(name, `query parameter ${quoted(name)} is unknown: ${fields}`);
    const [first] = fields;
    const last = fields.at(-1);
    if (first === undefined || last === undefined || !holdsText(last)) {
      throw invalidField(name, `query parameter ${quoted(name)} is a field that no text can be`);
    }
    if (first === bodyField) throw invalidField(name, `query parameter ${quoted(name)} is given by the body`);
    if (pathNames.has(nameOf(fields))) throw invalidField(name, `query parameter ${quoted(name)} is given by the path`);
    return fields;
  }

  function bodyJson(body: JsonValue | undefined): JsonObject {
    if (bodyField === undefined || body === undefined) return {};
    if (bodyField !== "*") {
      const isMessage = bodyField.fieldKind === "message" && isPlainMessage(bodyField.message);
      if (isMessage && !isObject(body)) throw invalidField(bodyField.name, `${bodyField.name} must be a JSON object`);
      return { [bodyField.jsonName]: body };
    }
    if (isObject(body)) return body;
    throw new ConnectError("the body must be a JSON object", Code.InvalidArgument);
  }

  function addMask(json: JsonObject): void {
    if (mask === undefined || !(bodyField instanceof Object) || bodyField.message === undefined) return;
    const body = json[bodyField.jsonName];
    if (mask.jsonName in json || !isObject(body)) return;
    json[mask.jsonName] = maskJson(maskPaths(bodyField.message, body, bodyField.name));
  }

  function read(json: JsonObject): Message {
    try {
      return fromJson(input, json, { ignoreUnknownFields: true });
    } catch (error) {
      if (isFieldError(error)) throw invalidField(error.field().name, error.message);
      throw ConnectError.from(error, Code.InvalidArgument);
    }
  }

  return ({ segments, query, headerFields = [] }, body) => {
    const json = bodyJson(body);
    if (query !== "") {
      for (const [name, text] of parseQuery(query)) {
        const fields = parameterField(name);
        put(json, fields, jsonOfText(fields.at(-1) as DescField, text, nameOf(fields)), "query");
      }
    }
    // Before the path's fields are in the body, whose keys it tells.
    addMask(json);
    for (const { variable, name } of pathFields) {
      const { fields } = variable;
      const text = decodeVariable(variable, segments, name);
      put(json, fields, jsonOfText(fields.at(-1) as DescField, text, name), "the path");
    }
    for (const { fields, value, header, clears = [] } of headerFields) {
      for (const field of clears) for (const key of [field.jsonName, field.name]) delete json[key];
      put(json, fields, value, header);
    }
    return read(json);
  };
}

function decodeVariable(variable: RestBinding["variables"][number], segments: readonly string[], name: string): string {
  try {
    return variableText(variable, segments);
  } catch {
    const why = "each % of the path must be followed by the two hex digits of a byte in UTF-8";
    throw invalidField(name, `${name}: ${why}`);
  }
}

/** Sets a field within a JSON object; adds to it where it is repeated. Throws where it is set already. */
function put(json: JsonObject, fields: readonly DescField[], value: JsonValue, from: string): void {
  const last = fields.at(-1) as DescField;
  let at = json;
  for (const field of fields.slice(0, -1)) at = objectAt(at, field, fields);
  const known = keyOf(at, last);
  if (known === undefined) {
    at[last.jsonName] = last.fieldKind === "list" ? [value] : value;
    return;
  }
  const values = at[known];
  if (last.fieldKind === "list" && Array.isArray(values)) {
    values.push(value);
    return;
  }
  const name = nameOf(fields);
  const twice = from === "query" ? "is given twice" : `is given by ${from}, and once more`;
  throw invalidField(name, `${name} ${twice}: one value belongs there`);
}

/** The JSON object that is a message field's value, which is made where there is none. */
function objectAt(json: JsonObject, field: DescField, fields: readonly DescField[]): JsonObject {
  const key = keyOf(json, field) ?? field.jsonName;
  const value = json[key] ?? {};
  json[key] = value;
  if (isObject(value)) return value;
  const name = nameOf(fields.slice(0, fields.indexOf(field) + 1));
  throw invalidField(name, `${name} must be a JSON object`);
}

function keyOf(json: JsonObject, { jsonName, name }: DescField): string | undefined {
  if (Object.hasOwn(json, jsonName)) return jsonName;
  return Object.hasOwn(json, name) ? name : undefined;
}
