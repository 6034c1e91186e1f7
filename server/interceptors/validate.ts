import { type DescMessage, hasOption } from "@bufbuild/protobuf";
import { field, message as messageRules, oneof } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Interceptor } from "@connectrpc/connect";
import { createValidateInterceptor } from "@connectrpc/validate";

/**
 * Refuses requests that break the rules in their schemas (`buf.validate`) with INVALID_ARGUMENT. Methods whose requests
 * have no rules cost nothing: a validator would walk their messages all the same.
 */
export function validate(): Interceptor {
  const validating = createValidateInterceptor();
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
