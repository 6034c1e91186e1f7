import { type DescMessage, hasOption, type Message } from "@bufbuild/protobuf";
import { createValidator, ValidationError, type ValidationResult, type Validator } from "@bufbuild/protovalidate";
import { field, message as messageRules, oneof } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";
import { type CountItems, createCountItems } from "./count-items.ts";

/** Violations that an error tells: enough for any form, and a few KB at most. */
export const maxViolations = 20;

/** Items of a message up to which all of its violations are looked for; of a larger one, the first alone is. */
const maxThoroughItems = 1000;

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
 *
 * What a bad message costs does not grow with what is wrong in it: of one with more than a thousand items the first violation
 * is told (a list above its `max_items` is refused before an item is looked at), of any other up to {@link maxViolations}.
 */
export function validation(): Interceptor {
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
    if (told.kind === "invalid") refused.set(told.error, message);
    return told;
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

/** The result with no more violations than are told. */
function shortened<Valid, Invalid>(result: ValidationResult<Valid, Invalid>): ValidationResult<Valid, Invalid> {
  if (result.kind !== "invalid" || result.violations.length <= maxViolations) return result;
  const error = new ValidationError(result.violations.slice(0, maxViolations));
  return { ...result, error, violations: error.violations };
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
