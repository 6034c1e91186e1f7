import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** A proto file as reflection serves it. */
export interface ReflectedFile {
  readonly name: string;
  /** An encoded `google.protobuf.FileDescriptorProto`. */
  readonly bytes: Uint8Array;
  readonly dependencies: readonly ReflectedFile[];
}

/** What can be found out about services: their files and those these import, and what is declared there. */
export interface ReflectionIndex {
  /** Full names, sorted. */
  readonly services: readonly string[];
  file(name: string): ReflectedFile | undefined;
  /** Finds the file that declares a service, method, message, field, oneof, enum, enum value or extension by its full name. */
  fileOfSymbol(name: string): ReflectedFile | undefined;
  fileOfExtension(type: string, number: number): ReflectedFile | undefined;
  /** Ascending; undefined where the message is unknown. */
  extensionNumbers(type: string): number[] | undefined;
}

/**
 * Indexes the files of services. Throws if two files have the same name or declare the same symbol: clients load all
 * of them into one pool, which takes each once.
 */
export function createReflectionIndex(services: readonly DescService[]): ReflectionIndex {
  const files = new Map<string, ReflectedFile>();
  const symbols = new Map<string, ReflectedFile>();
  const extensions = new Map<string, Map<number, ReflectedFile>>();

  function addFile(desc: DescFile): ReflectedFile {
    const { proto } = desc;
    const bytes = toBinary(FileDescriptorProtoSchema, proto);
    const known = files.get(proto.name);
    if (known) {
      if (Buffer.compare(known.bytes, bytes) === 0) return known;
      throw new Error(`two proto files that differ are named "${proto.name}"`);
    }
    const file = { name: proto.name, bytes, dependencies: desc.dependencies.map(addFile) };
    files.set(file.name, file);
    const scope = proto.package ? `${proto.package}.` : "";
    addMessages(file, scope, proto.messageType);
    addEnums(file, scope, proto.enumType);
    addExtensions(file, scope, proto.extension);
    for (const service of proto.service) {
      addSymbol(file, scope + service.name);
      for (const method of service.method) addSymbol(file, `${scope}${service.name}.${method.name}`);
    }
    return file;
  }

  function addMessages(file: ReflectedFile, scope: string, messages: readonly DescriptorProto[]) {
    for (const message of messages) {
      const name = scope + message.name;
      addSymbol(file, name);
      for (const { name: member } of [...message.field, ...message.oneofDecl]) addSymbol(file, `${name}.${member}`);
      addMessages(file, `${name}.`, message.nestedType);
      addEnums(file, `${name}.`, message.enumType);
      addExtensions(file, `${name}.`, message.extension);
    }
  }

  function addEnums(file: ReflectedFile, scope: string, enums: readonly EnumDescriptorProto[]) {
    for (const { name, value } of enums) {
      addSymbol(file, scope + name);
      // Values stand beside their enum, not in it: https://protobuf.com/docs/language-spec#enum-values
      for (const { name: member } of value) addSymbol(file, scope + member);
    }
  }

  function addExtensions(file: ReflectedFile, scope: string, fields: readonly FieldDescriptorProto[]) {
    for (const { name, extendee, number } of fields) {
      addSymbol(file, scope + name);
      const type = extendee.slice(1);
      const numbers = extensions.get(type) ?? new Map<number, ReflectedFile>();
      extensions.set(type, numbers.set(number, file));
    }
  }

  function addSymbol(file: ReflectedFile, name: string) {
    const other = symbols.get(name);
    if (other) throw new Error(`"${name}" is declared in "${other.name}" and in "${file.name}"`);
    symbols.set(name, file);
  }

  for (const { file } of services) addFile(file);

  return {
    services: services.map(({ typeName }) => typeName).sort(),
    file: name => files.get(name),
    fileOfSymbol: name => symbols.get(name),
    fileOfExtension: (type, number) => extensions.get(type)?.get(number),
    extensionNumbers(type) {
      const numbers = extensions.get(type);
      if (numbers) return [...numbers.keys()].sort((a, b) => a - b);
      return symbols.has(type) ? [] : undefined;
    },
  };
}
