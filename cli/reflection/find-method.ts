import type { DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { CliError, usageError } from "../cli-error.ts";
import { exitCodeOf } from "../exit-codes.ts";
import type { Reflection } from "./load-schema.ts";

/** A method and the types that its messages are made of. */
export interface FoundMethod {
  readonly method: DescMethod;
  readonly registry: Registry;
}

/** Finds `SERVICE/METHOD` (or `SERVICE.METHOD`). Throws a `CliError` that says what there is instead. */
export async function findMethod(reflection: Reflection, path: string): Promise<FoundMethod> {
  const [, serviceName = "", methodName = ""] = /^\/?([\w.]+)[/.](\w+)$/.exec(path) ?? [];
  if (serviceName === "") throw usageError(`"${path}" must be SERVICE/METHOD, such as greeter.Greeter/SayHello`);
  const { service, registry } = await findService(reflection, serviceName);
  const method = service.methods.find(({ name }) => name === methodName);
  if (method) return { method, registry };
  throw new CliError(`"${serviceName}" has no method "${methodName}"`, {
    exitCode: exitCodeOf(Code.Unimplemented),
    hint: `its methods: ${service.methods.map(({ name }) => name).join(", ")}`,
  });
}

/** Finds a service by its full name. Throws a `CliError` that says what there is instead. */
export async function findService(
  reflection: Reflection,
  name: string,
): Promise<{ readonly service: DescService; readonly registry: Registry }> {
  const registry = await reflection.schemaOf(name).catch((error: unknown) => {
    if (ConnectError.from(error).code !== Code.NotFound) throw error;
    return undefined;
  });
  const service = registry?.getService(name);
  if (registry && service) return { service, registry };
  throw new CliError(`there is no service "${name}"`, {
    exitCode: exitCodeOf(Code.Unimplemented),
    hint: `its services: ${(await reflection.services()).join(", ")}`,
  });
}
