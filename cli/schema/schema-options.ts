import { type Command, Option } from "commander";
import type { ClientContext } from "../command.ts";
import { collect } from "../parsers.ts";
import type { Schema } from "./schema.ts";

/** The source of services and types: the files that are named, else the server's reflection. */
export interface SchemaOptions {
  readonly proto?: readonly string[];
  readonly importPath?: readonly string[];
  readonly protoset?: readonly string[];
}

/** Adds {@link SchemaOptions} to a command. */
export function addSchemaOptions(command: Command): Command {
  const options = [
    new Option("--protoset <file>", "know the types from this FileDescriptorSet, not by reflection (repeatable)"),
    new Option("--proto <file>", "know them from this proto file, by buf or protoc in PATH (repeatable)"),
    new Option("--import-path <folder>", "where the files of --proto and their imports are (repeatable)"),
  ];
  for (const option of options) command.addOption(option.argParser(collect).helpGroup("Schema:"));
  return command;
}

/** Resolves to the schema that a command's options ask for. Rejects with a `CliError` that names the option. */
export async function openSchema({ concierge, signal }: ClientContext, options: SchemaOptions): Promise<Schema> {
  const { proto = [], importPath = [], protoset = [] } = options;
  if (proto.length + protoset.length === 0 && importPath.length === 0) {
    const { createReflection } = await import("./reflection.ts");
    return createReflection(concierge.transport, signal);
  }
  const [{ readProtosets, compileProtos }, { createFileSchema }] = await Promise.all([
    import("./proto-files.ts"),
    import("./schema.ts"),
  ]);
  return createFileSchema([...(await readProtosets(protoset)), ...(await compileProtos(proto, importPath, signal))]);
}
