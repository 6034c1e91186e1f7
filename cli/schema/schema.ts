import { create, createFileRegistry, type DescFile, type FileRegistry } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import * as wellKnown from "@bufbuild/protobuf/wkt";
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { CliError } from "../cli-error.ts";

/** The services and types that a command works with, from a server's reflection or from files. */
export interface Schema {
  /** Resolves to the full names of the services, sorted. */
  services(): Promise<string[]>;
  /**
   * Resolves to every type that is known so far, among them what declares `symbol` where anything does: a service,
   * method, message, field, enum or extension. Rejects with a `CliError` that names the import where one is missing.
   */
  typesOf(symbol: string): Promise<FileRegistry>;
}

/** The files that protoc brings along, for descriptions that leave them out. */
const wellKnownFiles: ReadonlyMap<string, FileDescriptorProto> = new Map(
  Object.entries(wellKnown)
    .filter(([name]) => name.startsWith("file_"))
    .map(([, file]) => [(file as DescFile).proto.name, (file as DescFile).proto]),
);

/**
 * Links files, each with what it imports. An import that is in none of them is no error while nothing needs a type of it,
 * as is common of options such as google/api/annotations.proto. Throws a `CliError` that names the import otherwise.
 */
export function linkFiles(files: ReadonlyMap<string, FileDescriptorProto>): FileRegistry {
  const sorted: FileDescriptorProto[] = [];
  const missing: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string, importer: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    const file = files.get(name) ?? wellKnownFiles.get(name);
    if (file === undefined) missing.push(`${name}, which ${importer} imports`);
    else for (const dependency of file.dependency) visit(dependency, name);
    sorted.push(nameFields(file ?? create(FileDescriptorProtoSchema, { name })));
  };
  try {
    for (const name of files.keys()) visit(name, name);
    return createFileRegistry(create(FileDescriptorSetSchema, { file: sorted }));
  } catch (error) {
    throw new CliError(`the types cannot be put together: ${(error as Error).message}`, {
      cause: error,
      hint: missing.length === 0 ? undefined : `missing: ${missing.join("; ")}`,
    });
  }
}

/** Creates a schema of files that are all at hand. */
export function createFileSchema(files: readonly FileDescriptorProto[]): Schema {
  const types = linkFiles(new Map(files.map(file => [file.name, file])));
  return {
    async services() {
      const services = [...types].filter(({ kind }) => kind === "service");
      return services.map(({ typeName }) => typeName).sort();
    },
    typesOf: async () => types,
  };
}

/**
 * Gives fields the JSON names that protoc would: the runtimes of C++, Java and Python leave them out of what they say of
 * themselves (protocolbuffers/protobuf#5587), and @bufbuild/protobuf 2.17 then reads and writes "".
 */
function nameFields(file: FileDescriptorProto): FileDescriptorProto {
  const visit = ({ field, nestedType, extension }: DescriptorProto) => {
    for (const one of [...field, ...extension]) one.jsonName ||= protoCamelCase(one.name);
    nestedType.forEach(visit);
  };
  file.messageType.forEach(visit);
  return file;
}
