import { createRequire } from "node:module";
import type { FastifyInstance, FastifyServerOptions } from "fastify";

/** Fastify's compilers are its own dependencies, and may not be in reach of ours. */
const requireOfFastify = createRequire(createRequire(import.meta.url).resolve("fastify"));

/** The module, loaded when its export is first called. */
function lazy(module: string) {
  let build: ((...options: unknown[]) => never) | undefined;
  return (...options: unknown[]) => {
    build ??= requireOfFastify(module)() as NonNullable<typeof build>;
    return build(...options);
  };
}

/**
 * Fastify's own compilers of JSON schemas, loaded with the first route that has a schema. They are a hundred modules, which
 * Fastify loads at every start, and no call of a service comes near them. For the option `schemaController`.
 */
export const lazySchemas: FastifyServerOptions["schemaController"] = {
  compilersFactory: {
    buildValidator: lazy("@fastify/ajv-compiler"),
    buildSerializer: lazy("@fastify/fast-json-stringify-compiler"),
  },
};

/**
 * Tells Fastify that these compilers are its own: it leaves the names in schemas of headers as they are for compilers of
 * others (`lib/validation.js`), and an upper-case one would match nothing. Call it before the first route.
 */
export function ownSchemas(app: FastifyInstance): void {
  const { kSchemaController } = requireOfFastify("./lib/symbols.js") as { readonly kSchemaController: symbol };
  const controller = (app as unknown as Record<symbol, { isCustomValidatorCompiler: boolean }>)[kSchemaController];
  if (controller) controller.isCustomValidatorCompiler = false;
}
