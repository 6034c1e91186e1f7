import { createValidator, type Validator } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";

/**
 * Holds each message of a request against the rules in its contract, unary or streamed: INVALID_ARGUMENT with
 * `buf.validate.Violations` where it breaks one. A rule that cannot be applied is a fault of ours, and no fault of the
 * message.
 */
export function validation(): Interceptor {
  const validator = createValidator();
  // The package would answer INVALID_ARGUMENT for both.
  const validate: Validator["validate"] = (schema, message) => {
    const result = validator.validate(schema, message);
    if (result.kind === "error") throw result.error;
    return result;
  };
  return createValidateInterceptor({ validator: { validate } });
}
