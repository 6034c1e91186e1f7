import type { DescEnum, DescField, DescMessage, DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

/** A service, message or enum, or a method with its messages, much as a proto file declares it. Throws NOT_FOUND. */
export function describeSymbol(registry: Registry, name: string): string {
  const desc = registry.get(name);
  switch (desc?.kind) {
    case "service":
      return block(`service ${desc.typeName}`, desc.methods.map(methodLine), desc);
    case "message":
      return block(`message ${desc.typeName}`, desc.fields.map(fieldLine), desc);
    case "enum":
      return block(
        `enum ${desc.typeName}`,
        desc.values.map(({ name, number }) => `${name} = ${number};`),
        desc,
      );
    default:
      return describeMethod(registry, name);
  }
}

function describeMethod(registry: Registry, name: string): string {
  const [, serviceName = "", methodName] = /^(.+)\.(\w+)$/.exec(name) ?? [];
  const method = registry.getService(serviceName)?.methods.find(({ name }) => name === methodName);
  if (method === undefined)
    throw new ConnectError(`"${name}" is no service, method, message or enum there`, Code.NotFound);
  const messages = new Set([method.input.typeName, method.output.typeName]);
  return [`${methodLine(method)}\n`, ...[...messages].map(message => describeSymbol(registry, message))].join("\n");
}

function block(head: string, lines: readonly string[], { deprecated }: DescService | DescMessage | DescEnum): string {
  return [`${deprecated ? "// deprecated\n" : ""}${head} {`, ...lines.map(line => `  ${line}`), "}", ""].join("\n");
}

function methodLine({ name, input, output, methodKind }: DescMethod): string {
  const takes = methodKind === "client_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
  const answers = methodKind === "server_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
  return `rpc ${name}(${takes}${input.typeName}) returns (${answers}${output.typeName});`;
}

function fieldLine(field: DescField): string {
  const group = field.oneof === undefined ? "" : `  // one of ${field.oneof.name}`;
  const optional = field.fieldKind !== "message" && field.proto.proto3Optional ? "optional " : "";
  return `${optional}${typeOf(field)} ${field.name} = ${field.number};${group}`;
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "map":
      return `map<${scalarName(field.mapKey)}, ${elementOf(field.mapKind, field)}>`;
    case "list":
      return `repeated ${elementOf(field.listKind, field)}`;
    default:
      return elementOf(field.fieldKind, field);
  }
}

function elementOf(kind: "scalar" | "enum" | "message", { scalar, enum: desc, message }: DescField): string {
  if (kind === "scalar") return scalarName(scalar ?? ScalarType.STRING);
  return (kind === "enum" ? desc : message)?.typeName ?? "unknown";
}

function scalarName(type: ScalarType): string {
  return ScalarType[type]?.toLowerCase() ?? "unknown";
}
