import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  ScalarType,
} from "@bufbuild/protobuf";

/**
 * Prints the declarations of a file of `proto2` as a contract that others can import: messages, enums and extensions with their
 * numbers. Comments and options are left out; declarations within messages, which no such file has, are refused by a `TypeError`.
 */
export function printContract(file: DescFile): string {
  if (file.proto.syntax !== "" && file.proto.syntax !== "proto2") throw new TypeError(`${file.name}: is no proto2`);
  const nested = file.messages.find(
    ({ nestedMessages, nestedEnums }) => nestedMessages.length + nestedEnums.length > 0,
  );
  if (nested) throw new TypeError(`${nested.typeName}: declares others within`);
  const head = ['syntax = "proto2";', `package ${file.proto.package};`];
  const imports = file.proto.dependency.map(name => `import "${name}";`);
  const blocks = [...file.extensions.map(extend), ...file.enums.map(enumOf), ...file.messages.map(messageOf)];
  return `${[...head, imports.join("\n"), ...blocks].join("\n\n")}\n`;
}

function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map(line => `  ${line}`), "}"].join("\n");
}

function extend(extension: DescExtension): string {
  return block(`extend .${extension.extendee.typeName}`, [`${labelOf(extension)}${fieldLine(extension)}`]);
}

function enumOf({ name, values }: DescEnum): string {
  return block(
    `enum ${name}`,
    values.map(value => `${value.name} = ${value.number};`),
  );
}

function messageOf({ name, members, proto }: DescMessage): string {
  const lines = members.flatMap(member =>
    member.kind === "oneof"
      ? [`oneof ${member.name} {`, ...member.fields.map(field => `  ${fieldLine(field)}`), "}"]
      : [`${labelOf(member)}${fieldLine(member)}`],
  );
  const ranges = proto.extensionRange.map(
    ({ start, end }) => `extensions ${start} to ${end > LAST_NUMBER ? "max" : end - 1};`,
  );
  return block(`message ${name}`, [...lines, ...ranges]);
}

/** The highest number that a field may have. */
const LAST_NUMBER = 2 ** 29 - 1;

function labelOf({ fieldKind }: DescField | DescExtension): string {
  if (fieldKind === "map") return "";
  return fieldKind === "list" ? "repeated " : "optional ";
}

function fieldLine(field: DescField | DescExtension): string {
  return `${typeOf(field)} ${field.name} = ${field.number};`;
}

function typeOf({ scalar, enum: values, message, ...field }: DescField | DescExtension): string {
  if (field.fieldKind === "map") throw new TypeError(`${field}: is a map`);
  const desc = message ?? values;
  return desc ? `.${desc.typeName}` : (ScalarType[scalar as ScalarType] ?? "").toLowerCase();
}
