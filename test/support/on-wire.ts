/** Loaded first, has all clients of a test file call by the wire transport: `node --import ./test/support/on-wire.ts`. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isEntry = specifier === "./transport-node.ts" && context.parentURL?.endsWith("/client/index.ts");
    return nextResolve(isEntry ? "./wire/as-default.fixture.ts" : specifier, context);
  },
});
