import type { DescMethod, DescService, FileRegistry } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { CliError, exitCodeOf, usageError } from "../cli-error.ts";
import type { Schema } from "./schema.ts";

/** A method and the types that its messages are made of. */
export interface FoundMethod {
  readonly method: DescMethod;
  readonly types: FileRegistry;
}

/** Finds `SERVICE/METHOD` (or `SERVICE.METHOD`). Throws a `CliError` that says what there is instead. */
export async function findMethod(schema: Schema, path: string): Promise<FoundMethod> {
  const [, serviceName = "", methodName = ""] = /^\/?([\w.]+)[/.](\w+)$/.exec(path) ?? [];
  if (serviceName === "") throw usageError(`"${path}" must be SERVICE/METHOD, such as greeter.Greeter/SayHello`);
  const named = path.includes("/") ? undefined : (await schema.typesOf(path)).getService(path);
  if (named) throw usageError(`"${path}" is a service; name a method of it, as ${path}/METHOD`, methodsOf(named));
  const { service, types } = await findService(schema, serviceName);
  const method = service.methods.find(({ name }) => name === methodName);
  if (method) return { method, types };
  throw new CliError(`"${serviceName}" has no method "${methodName}"`, {
    exitCode: exitCodeOf(Code.Unimplemented),
    hint: methodsOf(service),
  });
}

function methodsOf({ methods }: DescService): string {
  return `its methods: ${methods.map(({ name }) => name).join(", ")}`;
}

/** Finds a service by its full name. Throws a `CliError` that says what there is instead. */
export async function findService(
  schema: Schema,
  name: string,
): Promise<{ readonly service: DescService; readonly types: FileRegistry }> {
  const types = await schema.typesOf(name);
  const service = types.getService(name);
  if (service) return { service, types };
  throw new CliError(`there is no service "${name}"`, {
    exitCode: exitCodeOf(Code.Unimplemented),
    hint: `its services: ${(await schema.services()).join(", ")}`,
  });
}
