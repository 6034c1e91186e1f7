import { nameOf } from "../rest/fields.ts";
import type { RestBinding } from "../rest/http-rule.ts";

/** A segment of a path that is no literal, and what it is the value of. */
export interface PathParameter {
  readonly name: string;
  /** The variable's field in the contract; undefined where the segment is in none. */
  readonly fieldPath: string | undefined;
  /** It is one of several segments of its variable; -1 where it is the whole. */
  readonly index: number;
  /** It may hold slashes. */
  readonly spans: boolean;
}

/** A binding's path as OpenAPI writes it: each parameter is one segment, but for a `**`. */
export interface OpenApiPath {
  readonly path: string;
  /** The path without the names: OpenAPI takes paths that differ in these alone for the same. */
  readonly shape: string;
  readonly parameters: readonly PathParameter[];
}

/** Writes a binding's path. */
export function openApiPath({ template, variables }: RestBinding): OpenApiPath {
  const parameters: PathParameter[] = [];
  const parts = template.segments.map((segment, i) => {
    if (segment.kind === "literal") return segment.text;
    const variable = variables.find(({ from, to = template.segments.length }) => from <= i && i < to);
    const name = variable ? nameOf(variable.fields) : "segment";
    const alone = variable !== undefined && !variable.spans;
    const index = alone || (segment.kind === "rest" && i === variable?.from) ? -1 : parameters.length;
    const spans = segment.kind === "rest";
    const parameter = { name: index < 0 ? name : `${name}_${index + 1}`, fieldPath: variable && name, index, spans };
    parameters.push(parameter);
    return parameter;
  });
  const verb = template.verb === "" ? "" : `:${template.verb}`;
  const write = (show: (parameter: PathParameter) => string) =>
    `/${parts.map(part => (typeof part === "string" ? part : show(part))).join("/")}${verb}`;
  return { path: write(({ name }) => `{${name}}`), shape: write(() => "{}"), parameters };
}
