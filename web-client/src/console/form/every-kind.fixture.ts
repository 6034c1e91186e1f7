import {
  create,
  createFileRegistry,
  createRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromJson,
  type JsonObject,
  toBinary,
} from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "../../../../gen/buf/validate/validate_pb.ts";

const imports = [
  file_google_protobuf_descriptor,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  file_buf_validate_validate,
];

const scalarTypes = [
  ...["DOUBLE", "FLOAT", "INT64", "UINT64", "INT32", "FIXED64", "FIXED32", "BOOL", "STRING", "BYTES"],
  ...["UINT32", "SFIXED32", "SFIXED64", "SINT32", "SINT64"],
];

/** Messages that Protobuf JSON writes in its own way. */
const wellKnown = ["Timestamp", "Duration", "FieldMask", "Any", "Struct", "Value", "ListValue"].concat(
  ["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"].map(name => `${name}Value`),
);

let fields = 0;

function field(name: string, type: string, more: JsonObject = {}): JsonObject {
  // Compilers always give it.
  const jsonName = name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
  return { name, jsonName, number: ++fields, label: "LABEL_OPTIONAL", type: `TYPE_${type}`, ...more };
}

function message(name: string, typeName: string, more: JsonObject = {}): JsonObject {
  return field(name, "MESSAGE", { typeName, ...more });
}

function mapEntry(name: string, key: string, value: JsonObject): JsonObject {
  return {
    name,
    options: { mapEntry: true },
    field: [
      { name: "key", jsonName: "key", number: 1, label: "LABEL_OPTIONAL", type: `TYPE_${key}` },
      { name: "value", jsonName: "value", number: 2, label: "LABEL_OPTIONAL", ...value },
    ],
  };
}

const repeated = { label: "LABEL_REPEATED" };
const optionals = ["INT32", "STRING", "BOOL"];
const child = ".every.v1.Child";

const everyKind: JsonObject = {
  name: "EveryKind",
  field: [
    ...scalarTypes.map(type => field(`a_${type.toLowerCase()}`, type)),
    ...scalarTypes.map(type => field(`many_${type.toLowerCase()}`, type, repeated)),
    ...wellKnown.map(name => message(`wkt_${name.toLowerCase()}`, `.google.protobuf.${name}`)),
    field("an_enum", "ENUM", { typeName: ".every.v1.Color" }),
    field("many_enum", "ENUM", { typeName: ".every.v1.Color", ...repeated }),
    message("a_child", child),
    message("many_child", child, repeated),
    message("labels", ".every.v1.EveryKind.LabelsEntry", repeated),
    message("children", ".every.v1.EveryKind.ChildrenEntry", repeated),
    message("flags", ".every.v1.EveryKind.FlagsEntry", repeated),
    field("choice_text", "STRING", { oneofIndex: 0 }),
    message("choice_child", child, { oneofIndex: 0 }),
    field("choice_none", "BOOL", { oneofIndex: 0 }),
    ...optionals.map((type, i) =>
      field(`optional_${type.toLowerCase()}`, type, { proto3Optional: true, oneofIndex: i + 1 }),
    ),
    field("ruled", "STRING", {
      options: { "[buf.validate.field]": { string: { maxLen: 5, pattern: "^[a-z]*$" } } },
    }),
    message("many_timestamp", ".google.protobuf.Timestamp", repeated),
  ],
  nestedType: [
    mapEntry("LabelsEntry", "STRING", { type: "TYPE_STRING" }),
    mapEntry("ChildrenEntry", "INT64", { type: "TYPE_MESSAGE", typeName: child }),
    mapEntry("FlagsEntry", "BOOL", { type: "TYPE_DOUBLE" }),
  ],
  oneofDecl: [{ name: "choice" }, ...optionals.map(type => ({ name: `_optional_${type.toLowerCase()}` }))],
};

const every = fromJson(
  FileDescriptorProtoSchema,
  {
    name: "every/v1/every.proto",
    package: "every.v1",
    syntax: "proto3",
    dependency: imports.map(({ proto }) => proto.name),
    enumType: [
      {
        name: "Color",
        value: ["COLOR_UNSPECIFIED", "COLOR_RED", "COLOR_BLUE"].map((name, number) => ({ name, number })),
      },
    ],
    messageType: [
      everyKind,
      {
        name: "Child",
        field: [
          { name: "first_name", jsonName: "firstName", number: 1, label: "LABEL_OPTIONAL", type: "TYPE_STRING" },
          {
            name: "child",
            jsonName: "child",
            number: 2,
            label: "LABEL_OPTIONAL",
            type: "TYPE_MESSAGE",
            typeName: child,
          },
        ],
      },
    ],
    service: [
      {
        name: "EveryService",
        method: [
          { name: "Echo", inputType: ".every.v1.EveryKind", outputType: ".every.v1.EveryKind" },
          { name: "Many", inputType: child, outputType: child, serverStreaming: true },
        ],
      },
    ],
  },
  { registry: createRegistry(file_buf_validate_validate) },
);

const set = create(FileDescriptorSetSchema, { file: [...imports.map(({ proto }) => proto), every] });

/** A contract with a field of every kind, and a service that has it both ways. */
export const everyRegistry: FileRegistry = createFileRegistry(set);

/** The same, serialized. */
export const everyDescriptors: Uint8Array = toBinary(FileDescriptorSetSchema, set);

/** A message with a field of every kind. */
export const EveryKind: DescMessage = found(everyRegistry.getMessage("every.v1.EveryKind"));

/** `Echo` is unary and returns what it gets; `Many` streams replies. */
export const EveryService: DescService = found(everyRegistry.getService("every.v1.EveryService"));

function found<Desc>(desc: Desc | undefined): Desc {
  if (desc === undefined) throw new Error("the contract has no such declaration");
  return desc;
}
