import { type DescMessage, hasOption, type Message } from "@bufbuild/protobuf";
import { field, message as messageRules, oneof } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { withUnaryStep } from "./unary-step.ts";
import type { Validating } from "./validator.ts";

/** The messages that broke a rule, by the errors that say so. */
const refused = new WeakMap<object, Message>();

/**
 * Returns the message of a request stream that {@link validation} refused by an error; undefined for any other error. The
 * stream can be read on after it, where a service has a way to say what is wrong with one message alone.
 */
export function refusedMessage(error: unknown): Message | undefined {
  return error instanceof ConnectError && error.cause instanceof Error ? refused.get(error.cause) : undefined;
}

let loading: Promise<typeof import("./validator.ts")> | undefined;

/** Loads what knows the rules of messages, once. */
export function loadValidator(): Promise<typeof import("./validator.ts")> {
  loading ??= import("./validator.ts");
  return loading;
}

/**
 * Holds each message of a request against the rules in its contract, unary or streamed: INVALID_ARGUMENT with
 * `buf.validate.Violations` where it breaks one. A rule that cannot be applied is a fault of ours, and no fault of the
 * message. Methods whose requests have no rules cost nothing: a validator would walk their messages all the same.
 *
 * What a bad message costs does not grow with what is wrong in it: of one with more than a thousand items the first violation
 * is told (a list above its `max_items` is refused before an item is looked at), of any other up to twenty.
 *
 * What knows the rules is loaded by {@link loadValidator}, or with the first message that has some: it is a tenth of the
 * modules of a start.
 */
export function validation(): Interceptor {
  const ruled = new WeakMap<DescMessage, boolean>();

  function isRuled(input: DescMessage): boolean {
    let known = ruled.get(input);
    if (known === undefined) {
      known = hasRules(input);
      ruled.set(input, known);
    }
    return known;
  }
  let validating: Validating | undefined;
  async function load() {
    const { createValidating } = await loadValidator();
    validating ??= createValidating((error, message) => refused.set(error, message));
    return validating;
  }
  const interceptor: Interceptor = next => {
    let validated: typeof next | undefined;
    return request => {
      if (!isRuled(request.method.input)) return next(request);
      if (validated) return validated(request);
      return load().then(({ interceptor }) => {
        validated ??= interceptor(next);
        return validated(request);
      });
    };
  };
  return withUnaryStep(interceptor, next => (context, message) => {
    const { method } = context;
    if (!isRuled(method.input)) return next(context, message);
    if (validating === undefined) {
      return load().then(({ check }) => {
        check(method, message);
        return next(context, message);
      });
    }
    validating.check(method, message);
    return next(context, message);
  });
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
