import type { Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";
import type { Logger } from "pino";
import { errors } from "./errors.ts";
import { logging } from "./logging.ts";
import { requestId } from "./request-id.ts";

/** What {@link createChain} needs to know. */
export interface ChainOptions {
  readonly log: Logger;
}

/** What every call passes on its way to a service, outermost first. */
export function createChain({ log }: ChainOptions): Interceptor[] {
  return [requestId(), logging(log), errors(), createValidateInterceptor()];
}
