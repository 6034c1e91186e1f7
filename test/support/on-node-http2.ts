/**
 * Loaded first, has all clients of a test file call by Connect's transports on `node:http2`, which are not the default:
 * `node --import ./test/support/on-node-http2.ts --test …`.
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isEntry = specifier === "./transport-node.ts" && context.parentURL?.endsWith("/client/index.ts");
    return nextResolve(isEntry ? "../test/support/node-http2-transport.ts" : specifier, context);
  },
});
