import { type DescField, type DescMethod, getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import { type EventStream, event_stream as eventStreamOption } from "../../gen/concierge/rest/v1/event_stream_pb.ts";
import { http } from "../../gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../../gen/google/api/http_pb.ts";
import { fieldOf, holdsText, nameOf, resolveFieldPath } from "./fields.ts";
import { PathRouter } from "./path-router.ts";
import { type PathTemplate, PathTemplateError, type PathVariable, parsePathTemplate } from "./path-template.ts";

/** A variable of a path, with the fields that lead to the one it is the value of. */
export interface BoundVariable extends PathVariable {
  readonly fields: readonly DescField[];
}

/** The fields that make a stream of replies one of events that resumes itself. */
export interface ResumableEvents {
  /** Of the reply: the event's id. */
  readonly id: DescField;
  /** Of the request: takes the last id that a client has. */
  readonly resume: DescField;
  /** Of the request: unset where a client resumes. */
  readonly cleared: readonly DescField[];
}

/** One way to ask for a method over plain HTTP. */
export interface RestBinding {
  readonly method: DescMethod;
  /** The HTTP method; `*` for any. */
  readonly httpMethod: string;
  readonly template: PathTemplate;
  readonly variables: readonly BoundVariable[];
  /** The field that is the body; `*` for all that the path does not give. */
  readonly body: DescField | "*" | undefined;
  /** The reply's field that is the body of the answer; the whole reply where it is unset. */
  readonly responseBody: DescField | undefined;
  readonly events: ResumableEvents | undefined;
}

/** Rules that cannot be served, one line each, with the names of their methods. */
export class HttpRuleError extends Error {
  override readonly name = "HttpRuleError";
}

/** One rule is wrong; says how. */
class Problem extends Error {}

/**
 * Reads the `google.api.http` rules of methods; one without a rule has no binding. Throws {@link HttpRuleError} with a line
 * for each rule that is wrong, or that asks for the same paths as another one.
 */
export function readHttpRules(methods: Iterable<DescMethod>): RestBinding[] {
  const router = new PathRouter<RestBinding>();
  const bindings: RestBinding[] = [];
  const problems: string[] = [];
  for (const method of methods) {
    if (!hasOption(method, http)) continue;
    const name = `${method.parent.typeName}/${method.name}`;
    const rule = getOption(method, http);
    for (const each of [rule, ...rule.additionalBindings]) {
      try {
        if (each !== rule && each.additionalBindings.length > 0)
          throw new Problem("additional bindings have none of their own");
        const binding = readRule(method, each);
        const other = router.add(binding.httpMethod, binding.template, binding);
        if (other)
          throw new Problem(`${binding.httpMethod} ${binding.template.text} is what ${describe(other)} asks for, too`);
        bindings.push(binding);
      } catch (error) {
        if (!(error instanceof Problem || error instanceof PathTemplateError)) throw error;
        problems.push(`${name}: ${error.message}`);
      }
    }
  }
  if (problems.length > 0) throw new HttpRuleError(problems.join("\n"));
  return bindings;
}

function describe({ method, httpMethod, template }: RestBinding): string {
  return `${method.parent.typeName}/${method.name} by ${httpMethod} ${template.text}`;
}

function readRule(method: DescMethod, rule: HttpRule): RestBinding {
  if (method.methodKind === "bidi_streaming")
    throw new Problem("a call that streams both ways has no rule over plain HTTP");
  const { httpMethod, path } = patternOf(rule);
  const template = parsePathTemplate(path);
  const variables = template.variables.map(variable => bindVariable(method, variable));
  const names = variables.map(({ fields }) => nameOf(fields));
  const twice = names.find((name, i) =>
    names.some((other, j) => i !== j && (other === name || other.startsWith(`${name}.`))),
  );
  if (twice !== undefined) throw new Problem(`path "${path}" gives the field "${twice}" twice`);
  const body = bodyOf(method, rule.body, httpMethod);
  if (body !== undefined && body !== "*" && names.includes(body.name)) {
    throw new Problem(`the field "${body.name}" is the body, and in path "${path}"`);
  }
  if (method.methodKind === "client_streaming" && (body !== "*" || variables.length > 0)) {
    throw new Problem('the requests of a stream are all in the body: body must be "*", and the path without variables');
  }
  const responseBody =
    rule.responseBody === "" ? undefined : topLevel(method.output, rule.responseBody, "response_body");
  return { method, httpMethod, template, variables, body, responseBody, events: eventsOf(method) };
}

function patternOf({ pattern }: HttpRule): { readonly httpMethod: string; readonly path: string } {
  if (pattern.case === undefined) throw new Problem("the rule has no path");
  if (pattern.case !== "custom") return { httpMethod: pattern.case.toUpperCase(), path: pattern.value };
  const { kind, path } = pattern.value;
  // RFC 9110 section 9.1: a token, and case-sensitive.
  if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(kind)) throw new Problem(`"${kind}" is no HTTP method`);
  return { httpMethod: kind, path };
}

function bindVariable({ input }: DescMethod, variable: PathVariable): BoundVariable {
  const fields = resolveFieldPath(input, variable.fieldPath);
  if (typeof fields === "string") throw new Problem(`variable "${variable.fieldPath}": ${fields}`);
  const last = fields.at(-1);
  if (last === undefined || last.fieldKind === "list" || !holdsText(last)) {
    throw new Problem(`variable "${variable.fieldPath}" is a field that no text of a path can be`);
  }
  return { ...variable, fields };
}

function bodyOf({ input }: DescMethod, body: string, httpMethod: string): RestBinding["body"] {
  if (body === "") return undefined;
  // RFC 9110 section 9.3.1: content has no meaning there, and what is between may drop it.
  if (httpMethod === "GET") throw new Problem("GET has no body");
  return body === "*" ? body : topLevel(input, body, "body");
}

function topLevel(message: DescMethod["input"], name: string, what: string): DescField {
  const field = fieldOf(message, name);
  if (field === undefined) throw new Problem(`${what} "${name}" is no field of ${message.typeName}`);
  return field;
}

function eventsOf(method: DescMethod): ResumableEvents | undefined {
  if (!hasOption(method, eventStreamOption)) return undefined;
  const option: EventStream = getOption(method, eventStreamOption);
  if (method.methodKind !== "server_streaming")
    throw new Problem("event_stream belongs to a method that streams its replies");
  const id = topLevel(method.output, option.id, "event_stream.id");
  const resume = topLevel(method.input, option.resume, "event_stream.resume");
  for (const field of [id, resume]) {
    const isString = field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
    if (!isString) throw new Problem(`event_stream: the field "${field.name}" is no string`);
  }
  const cleared = option.cleared.map(name => topLevel(method.input, name, "event_stream.cleared"));
  return { id, resume, cleared };
}
