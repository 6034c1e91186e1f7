import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { Binding } from "../schema/method-options.ts";
import type { Method, Schema } from "../schema/schema.ts";

/** A call that a request of plain HTTP makes. */
export interface RestCall {
  readonly method: Method;
  readonly message: JsonObject;
}

/** Values that are texts in a URL and numbers in JSON; 64-bit numbers are texts in both. */
const smallNumbers: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT32,
  ScalarType.UINT32,
  ScalarType.SINT32,
  ScalarType.FIXED32,
  ScalarType.SFIXED32,
  ScalarType.FLOAT,
  ScalarType.DOUBLE,
]);

/**
 * Finds the method that a request of plain HTTP asks for by the rules of the contracts (`google.api.http`), and puts its message
 * together from path, query and body. Undefined where none is asked for.
 */
export function findRestCall(
  verb: string,
  url: URL,
  body: JsonValue | undefined,
  schema: Schema,
): RestCall | undefined {
  for (const method of schema.methods.values()) {
    for (const binding of method.bindings) {
      const variables = binding.verb === verb ? matchTemplate(binding.template, url.pathname) : undefined;
      if (variables) return { method, message: messageOf(method.desc.input, binding, variables, url, body) };
    }
  }
  return undefined;
}

type Variables = readonly (readonly [name: string, value: string])[];

/** `{name}` is a segment, and `{name=shelves/*}` what its pattern says; a `**` is any number of segments. */
function matchTemplate(template: string, path: string): Variables | undefined {
  const names: string[] = [];
  const source = template.replace(/\{([^}=]+)(?:=([^}]+))?\}|[^{]+/g, (all, name?: string, pattern = "*") => {
    if (name === undefined) return escaped(all);
    names.push(name);
    const parts = pattern.split(/(\*\*|\*)/).map((part: string) => segments[part] ?? escaped(part));
    return `(${parts.join("")})`;
  });
  const found = new RegExp(`^${source}$`).exec(path);
  return found?.slice(1).map((value, i) => [names[i] ?? "", decodeURIComponent(value)] as const);
}

/** A text as a regular expression that matches nothing else. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

const segments: Readonly<Record<string, string>> = { "*": "[^/:]+", "**": ".+" };

function messageOf(
  desc: DescMessage,
  { body: bodyField }: Binding,
  variables: Variables,
  { searchParams }: URL,
  body: JsonValue | undefined,
): JsonObject {
  const message: JsonObject = {};
  if (bodyField === "*") Object.assign(message, body);
  else if (bodyField !== "" && body !== undefined) message[jsonName(desc, bodyField)] = body;
  for (const [name, value] of [...searchParams, ...variables]) put(message, desc, name.split("."), value);
  return message;
}

function put(target: JsonObject, desc: DescMessage | undefined, [name = "", ...rest]: string[], text: string): void {
  const field = desc?.fields.find(each => each.name === name || each.jsonName === name);
  const key = field?.jsonName ?? name;
  if (rest.length > 0) {
    target[key] ??= {};
    put(target[key] as JsonObject, field?.message, rest, text);
  } else if (field?.fieldKind === "list") target[key] = [...((target[key] as JsonValue[]) ?? []), toValue(field, text)];
  else target[key] = toValue(field, text);
}

function toValue(field: DescField | undefined, text: string): JsonValue {
  const scalar = field && (field.fieldKind === "scalar" || field.fieldKind === "list") ? field.scalar : undefined;
  if (scalar === ScalarType.BOOL) return text === "true";
  return smallNumbers.has(scalar) && scalar !== undefined && Number.isFinite(Number(text)) ? Number(text) : text;
}

function jsonName(desc: DescMessage, name: string): string {
  return desc.fields.find(field => field.name === name)?.jsonName ?? name;
}
