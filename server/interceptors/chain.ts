import type { Interceptor } from "@connectrpc/connect";
import type { Logger } from "pino";
import { errors } from "./errors.ts";
import { logging } from "./logging.ts";
import { requestId } from "./request-id.ts";
import { validate } from "./validate.ts";

/** What every call passes on its way to a service, outermost first. */
export function createChain({ log }: { readonly log: Logger }): Interceptor[] {
  return [requestId(), logging(log), errors(), validate()];
}
