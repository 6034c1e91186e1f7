import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescOneof,
  type DescService,
  type FileRegistry,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { http } from "../../gen/google/api/annotations_pb.ts";
import { commands } from "../../server/process/installation.ts";
import { CliError, exitCodeOf } from "../cli-error.ts";
import type { Schema } from "./schema.ts";

/**
 * Resolves to the declaration of a symbol, much as a proto file has it: a service, message, enum or extension, a method
 * with its messages, or a field, oneof or value in what encloses it. Rejects with a `CliError` where there is no such
 * symbol.
 */
export async function describeSymbol(schema: Schema, symbol: string): Promise<string> {
  // Some servers know nothing below a service or message: what encloses the symbol is asked for in turn.
  for (let name = symbol; name !== ""; name = parentOf(name)) {
    const text = describe(await schema.typesOf(name), symbol);
    if (text !== undefined) return text;
  }
  throw new CliError(`there is no "${symbol}"`, {
    exitCode: exitCodeOf(Code.NotFound),
    hint: `it takes a full name, such as that of a service that ${commands.concierge} list has, or of what describe shows`,
  });
}

function describe(types: FileRegistry, symbol: string): string | undefined {
  const desc = types.get(symbol);
  switch (desc?.kind) {
    case "service":
      return block(`service ${desc.typeName}`, desc.methods.map(methodLine), desc);
    case "message":
      return block(`message ${desc.typeName}`, [...desc.members.flatMap(memberLines), ...rangeLines(desc)], desc);
    case "enum":
      return enumBlock(desc, () => true);
    case "extension":
      return block(`extend ${desc.extendee.typeName}`, [fieldLine(desc)]);
    default:
      return describeMember(types, symbol);
  }
}

/** Describes a symbol that has no entry of its own among the types. */
function describeMember(types: FileRegistry, symbol: string): string | undefined {
  const parent = types.get(parentOf(symbol));
  const isIt = ({ name }: { readonly name: string }) => name === symbol.slice(symbol.lastIndexOf(".") + 1);
  if (parent?.kind === "service") {
    const method = parent.methods.find(isIt);
    return method && describeMethod(types, method);
  }
  if (parent?.kind === "message") {
    const member = parent.fields.find(isIt) ?? parent.oneofs.find(isIt);
    if (member) return block(`message ${parent.typeName}`, memberLines(member));
  }
  if (parent?.kind === "enum") return parent.values.some(isIt) ? enumBlock(parent, isIt) : undefined;
  // The values of an enum are named beside it, not within it.
  for (const desc of types) {
    const beside = desc.kind === "enum" && parentOf(desc.typeName) === parentOf(symbol);
    if (beside && desc.values.some(isIt)) return enumBlock(desc, isIt);
  }
  return undefined;
}

function describeMethod(types: FileRegistry, method: DescMethod): string {
  const messages = new Set([method.input.typeName, method.output.typeName]);
  const head = [...httpLines(method), methodLine(method), ""].join("\n");
  return [head, ...[...messages].map(name => describe(types, name))].join("\n");
}

/** How a method is called over plain HTTP, where its contract says so. */
function httpLines(method: DescMethod): string[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map(({ pattern, body }) => {
    const { kind, path } =
      pattern.case === "custom" ? pattern.value : { kind: pattern.case?.toUpperCase(), path: pattern.value };
    const sent = body === "*" ? ", all else as the body" : `, ${body} as the body`;
    return `// ${kind} ${path}${body === "" ? "" : sent}`;
  });
}

function parentOf(symbol: string): string {
  return symbol.slice(0, Math.max(0, symbol.lastIndexOf(".")));
}

type Block = DescService | DescMessage | DescEnum;

function block(
  head: string,
  lines: readonly string[],
  { deprecated }: Partial<Pick<Block, "deprecated">> = {},
): string {
  return [`${deprecated ? "// deprecated\n" : ""}${head} {`, ...lines.map(line => `  ${line}`), "}", ""].join("\n");
}

function enumBlock(desc: DescEnum, shown: (value: DescEnum["values"][number]) => boolean): string {
  const lines = desc.values.filter(shown).map(({ name, number }) => `${name} = ${number};`);
  return block(`enum ${desc.typeName}`, lines, desc);
}

function methodLine({ name, input, output, methodKind }: DescMethod): string {
  const takes = methodKind === "client_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
  const returns = methodKind === "server_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
  return `rpc ${name}(${takes}${input.typeName}) returns (${returns}${output.typeName});`;
}

function memberLines(member: DescField | DescOneof): string[] {
  if (member.kind === "field") return [fieldLine(member)];
  return [`oneof ${member.name} {`, ...member.fields.map(field => `  ${fieldLine(field)}`), "}"];
}

function rangeLines({ proto }: DescMessage): string[] {
  return proto.extensionRange.map(({ start, end }) => {
    if (end === start + 1) return `extensions ${start};`;
    return `extensions ${start} to ${end === LAST_NUMBER + 1 ? "max" : end - 1};`;
  });
}

/** The highest number that a field may have. */
const LAST_NUMBER = 2 ** 29 - 1;

function fieldLine(field: DescField | DescExtension): string {
  const options = [
    field.proto.defaultValue === "" ? [] : `default = ${defaultOf(field)}`,
    field.deprecated ? "deprecated = true" : [],
  ].flat();
  const tail = options.length === 0 ? "" : ` [${options.join(", ")}]`;
  return `${labelOf(field)}${typeOf(field)} ${field.name} = ${field.number}${tail};`;
}

function labelOf(field: DescField | DescExtension): string {
  if (field.fieldKind === "list" || field.fieldKind === "map" || field.oneof) return "";
  if (field.presence === Presence.LEGACY_REQUIRED) return "required ";
  // A message may always be absent.
  return field.presence === Presence.EXPLICIT && field.fieldKind !== "message" ? "optional " : "";
}

function defaultOf({ proto, scalar }: DescField | DescExtension): string {
  const isText = scalar === ScalarType.STRING || scalar === ScalarType.BYTES;
  return isText ? JSON.stringify(proto.defaultValue) : proto.defaultValue;
}

function typeOf(field: DescField | DescExtension): string {
  switch (field.fieldKind) {
    case "map":
      return `map<${scalarName(field.mapKey)}, ${elementOf(field.mapKind, field)}>`;
    case "list":
      return `repeated ${elementOf(field.listKind, field)}`;
    default:
      return elementOf(field.fieldKind, field);
  }
}

function elementOf(
  kind: "scalar" | "enum" | "message",
  { scalar, enum: desc, message }: DescField | DescExtension,
): string {
  if (kind === "scalar") return scalarName(scalar ?? ScalarType.STRING);
  return (kind === "enum" ? desc : message)?.typeName ?? "unknown";
}

function scalarName(type: ScalarType): string {
  return ScalarType[type]?.toLowerCase() ?? "unknown";
}
