/** Stands in for the entry's transport where `test/support/on-wire.ts` is loaded. */
export { createWireTransport as createTransport } from "./transport.ts";
