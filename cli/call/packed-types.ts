import {
  create,
  createFileRegistry,
  createMutableRegistry,
  createRegistry,
  type DescFile,
  type DescMessage,
  type Registry,
} from "@bufbuild/protobuf";
import * as wellKnown from "@bufbuild/protobuf/wkt";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.ts";
import type { Schema } from "../schema/schema.ts";

/** The types that messages of a call may have packed into them (`google.protobuf.Any`). */
export interface PackedTypes {
  /** What is known so far, for reading JSON. */
  readonly registry: Registry;
  /** The same, and what is {@link addOpaque | opaque}, for writing JSON. */
  readonly shown: Registry;
  /** Finds the type that a URL ends in the name of, and has it in the registries from then on. */
  find(typeUrl: string): Promise<DescMessage | undefined>;
  /** Has a type of that name shown, whose JSON is its bytes, as `@value`; for what nobody describes. */
  addOpaque(typeName: string): DescMessage;
}

/** Types that servers use without describing them: those of protoc, and the usual error details. */
const common = createRegistry(
  file_google_rpc_error_details,
  ...Object.entries(wellKnown).flatMap(([name, file]) => (name.startsWith("file_") ? [file as DescFile] : [])),
);

/** Creates the types of a call. They begin with those of its method; the schema is asked for others, once each. */
export function createPackedTypes(schema: Schema, types?: Registry): PackedTypes {
  const registry = createMutableRegistry(...(types === undefined ? [] : [types]));
  const opaques = new Map<string, DescMessage>();
  const asked = new Map<string, Promise<DescMessage | undefined>>();

  async function ask(name: string): Promise<DescMessage | undefined> {
    const known = registry.getMessage(name);
    if (known !== undefined) return known;
    // A type that cannot be asked for is shown by its bytes.
    const described = /^[\w.]+$/.test(name) ? await schema.typesOf(name).catch(() => undefined) : undefined;
    const found = described?.getMessage(name) ?? common.getMessage(name);
    if (found !== undefined) registry.add(found);
    return found;
  }
  return {
    registry,
    shown: { ...registry, getMessage: name => registry.getMessage(name) ?? opaques.get(name) },
    find(typeUrl) {
      const name = nameOf(typeUrl);
      const found = asked.get(name) ?? ask(name);
      asked.set(name, found);
      return found;
    },
    addOpaque(typeName) {
      const type: DescMessage = { ...opaque, typeName };
      opaques.set(typeName, type);
      return type;
    },
  };
}

/** Returns the name of the type that the URL of an Any ends in. */
export function nameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

const opaque = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      create(FileDescriptorProtoSchema, {
        name: "opaque.proto",
        syntax: "proto3",
        messageType: [
          {
            name: "Opaque",
            field: [
              {
                name: "value",
                jsonName: "@value",
                number: 1,
                type: FieldDescriptorProto_Type.BYTES,
                label: FieldDescriptorProto_Label.OPTIONAL,
              },
            ],
          },
        ],
      }),
    ],
  }),
).getMessage("Opaque") as DescMessage;
