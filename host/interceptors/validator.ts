import type { DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import { createValidator, ValidationError, type ValidationResult, type Validator } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";
import { type CountItems, createCountItems } from "./count-items.ts";

/** Violations that an error tells: enough for any form, and a few KB at most. */
export const maxViolations = 20;

/** Items of a message up to which all of its violations are looked for; of a larger one, the first alone is. */
const maxThoroughItems = 1000;

/** What holds messages against their rules. */
export interface Validating {
  /** Holds each message of a request against its rules. */
  readonly interceptor: Interceptor;
  /** The same for the message of a unary one. Throws what the call is refused with. */
  check(method: DescMethod, message: Message): void;
}

type Next = ReturnType<Interceptor>;

const passed: ReturnType<Next> = Promise.resolve({} as never);

/** Creates it; `onRefused` is told which message an error refuses. */
export function createValidating(onRefused: (error: Error, message: Message) => void): Validating {
  const thorough = createValidator();
  const hasty = createValidator({ failFast: true });
  const counts = new WeakMap<DescMessage, CountItems>();

  function countItems(schema: DescMessage): CountItems {
    let known = counts.get(schema);
    if (known === undefined) {
      known = createCountItems(schema);
      counts.set(schema, known);
    }
    return known;
  }
  const validate: Validator["validate"] = (schema, message) => {
    const isLarge = countItems(schema)(message, maxThoroughItems) > maxThoroughItems;
    const result = (isLarge ? hasty : thorough).validate(schema, message);
    // The package would answer INVALID_ARGUMENT for what is no fault of the message.
    if (result.kind === "error") throw result.error;
    const told = shortened(result);
    if (told.kind === "invalid") onRefused(told.error, message);
    return told;
  };
  const interceptor = createValidateInterceptor({ validator: { validate } });
  const checked = interceptor(() => passed);
  return {
    interceptor,
    check(method, message) {
      // It throws before it returns a promise, where the request is unary.
      void checked({ stream: false, method, message } as Parameters<Next>[0]);
    },
  };
}

/** The result with no more violations than are told. */
function shortened<Valid, Invalid>(result: ValidationResult<Valid, Invalid>): ValidationResult<Valid, Invalid> {
  if (result.kind !== "invalid" || result.violations.length <= maxViolations) return result;
  const error = new ValidationError(result.violations.slice(0, maxViolations));
  return { ...result, error, violations: error.violations };
}
