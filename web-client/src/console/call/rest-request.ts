import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Binding } from "../schema/method-options.ts";

/** A message as plain HTTP sends it. */
export interface RestRequest {
  readonly verb: string;
  /** Path and query. */
  readonly target: string;
  /** Undefined where the rule has no body. */
  readonly body: JsonValue | undefined;
}

/** `{name}`, `{name=shelves/*}`. */
const variable = /\{([^}=]+)(?:=([^}]+))?\}/g;

/**
 * Puts a message, in canonical Protobuf JSON, into the first of `bindings` whose variables it has all. Throws where there is
 * none: the text names what is missing.
 */
export function bindRest(bindings: readonly Binding[], desc: DescMessage, json: JsonObject): RestRequest {
  const problems: string[] = [];
  for (const binding of bindings) {
    const missing = variablesOf(binding.template).filter(name => textAt(desc, json, name) === "");
    if (missing.length === 0) return bind(binding, desc, json);
    problems.push(`${binding.verb} ${binding.template} needs ${missing.join(" and ")}`);
  }
  throw new Error(problems.join("; ") || "the method has no rule for plain HTTP");
}

function bind(binding: Binding, desc: DescMessage, json: JsonObject): RestRequest {
  const rest = structuredClone(json);
  const path = binding.template.replace(variable, (_all, name: string, pattern?: string) => {
    const text = textAt(desc, json, name);
    remove(desc, rest, name);
    // A variable of several segments keeps its slashes.
    return pattern?.includes("/") || pattern?.includes("**")
      ? text.split("/").map(encodeURIComponent).join("/")
      : encodeURIComponent(text);
  });
  if (binding.body === "*") return { verb: binding.verb, target: path, body: rest };
  const field = desc.fields.find(({ name }) => name === binding.body);
  const body = field && (rest[field.jsonName] ?? {});
  if (field) delete rest[field.jsonName];
  const query = new URLSearchParams(flatten(rest, ""));
  return { verb: binding.verb, target: query.size > 0 ? `${path}?${query}` : path, body };
}

function variablesOf(template: string): string[] {
  return [...template.matchAll(variable)].map(([, name = ""]) => name);
}

/** The names in JSON that lead to a field: `user.create_time` is `user`, `createTime`. */
function jsonPath(desc: DescMessage, path: string): string[] {
  const names: string[] = [];
  let within: DescMessage | undefined = desc;
  for (const name of path.split(".")) {
    const field: DescField | undefined = within?.fields.find(each => each.name === name);
    names.push(field?.jsonName ?? name);
    within = field?.message;
  }
  return names;
}

function textAt(desc: DescMessage, json: JsonObject, path: string): string {
  let value: JsonValue | undefined = json;
  for (const name of jsonPath(desc, path)) value = (value as JsonObject | undefined)?.[name];
  return value === undefined ? "" : String(value);
}

function remove(desc: DescMessage, json: JsonObject, path: string): void {
  const names = jsonPath(desc, path);
  const last = names.pop();
  let within: JsonValue | undefined = json;
  for (const name of names) within = (within as JsonObject)[name];
  if (last !== undefined) delete (within as JsonObject)[last];
}

/** Parameters as `google.api.http` has them: fields of messages by dots, lists by a parameter an element. */
function flatten(value: JsonValue, at: string): [string, string][] {
  if (Array.isArray(value)) return value.flatMap(each => flatten(each, at));
  if (typeof value !== "object" || value === null) return [[at, String(value)]];
  return Object.entries(value).flatMap(([name, each]) => flatten(each, at === "" ? name : `${at}.${name}`));
}
