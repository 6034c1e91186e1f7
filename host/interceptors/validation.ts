import { type DescMessage, hasOption, type Message } from "@bufbuild/protobuf";
import { createValidator, type Validator } from "@bufbuild/protovalidate";
import { field, message as messageRules, oneof } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";

/** The messages that broke a rule, by the errors that say so. */
const refused = new WeakMap<object, Message>();

/**
 * Returns the message of a request stream that {@link validation} refused by an error; undefined for any other error. The
 * stream can be read on after it, where a service has a way to say what is wrong with one message alone.
 */
export function refusedMessage(error: unknown): Message | undefined {
  return error instanceof ConnectError && error.cause instanceof Error ? refused.get(error.cause) : undefined;
}

/**
 * Holds each message of a request against the rules in its contract, unary or streamed: INVALID_ARGUMENT with
 * `buf.validate.Violations` where it breaks one. A rule that cannot be applied is a fault of ours, and no fault of the
 * message. Methods whose requests have no rules cost nothing: a validator would walk their messages all the same.
 */
export function validation(): Interceptor {
  const validator = createValidator();
  // The package would answer INVALID_ARGUMENT for both.
  const validate: Validator["validate"] = (schema, message) => {
    const result = validator.validate(schema, message);
    if (result.kind === "error") throw result.error;
    if (result.kind === "invalid") refused.set(result.error, message);
    return result;
  };
  const validating = createValidateInterceptor({ validator: { validate } });
  const ruled = new WeakMap<DescMessage, boolean>();

  function isRuled(input: DescMessage): boolean {
    let known = ruled.get(input);
    if (known === undefined) {
      known = hasRules(input);
      ruled.set(input, known);
    }
    return known;
  }
  return next => {
    const validated = validating(next);
    return request => (isRuled(request.method.input) ? validated(request) : next(request));
  };
}

/** Whether a message of this type, or one within it at any depth, has rules. */
export function hasRules(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return (
    hasOption(message, messageRules) ||
    message.oneofs.some(one => hasOption(one, oneof)) ||
    message.fields.some(one => hasOption(one, field) || (one.message !== undefined && hasRules(one.message, seen)))
  );
}
