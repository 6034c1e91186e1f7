import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, type Interceptor } from "@connectrpc/connect";
import { type MessageCheck, messageCheckKey, roleRequired } from "../auth/caller.ts";
import { isPromise, type UnaryStep, withUnaryStep } from "./unary-step.ts";

type Next = Parameters<Interceptor>[0];

/** What of a call is asked, or told; its signal only where it fails, as to ask makes one. */
interface Checked {
  readonly service: DescService;
  readonly method: DescMethod;
  readonly signal: AbortSignal;
}

/**
 * Lets no answer out where the message decides who may call and the service has not looked: neither a reply nor an error,
 * which may tell as much. Throws PERMISSION_DENIED instead. A call that never passed the gate is a fault of ours.
 */
export function messageCheck(): Interceptor {
  const interceptor: Interceptor = next => request => {
    const check = checkOf(request, request.contextValues);
    return check.done ? next(request) : checked(next, request, check);
  };
  return withUnaryStep(interceptor, unaryMessageCheck);
}

/** Throws where the gate has not judged the call. */
function checkOf({ service, method }: Checked, values: ContextValues): MessageCheck {
  const check = values.get(messageCheckKey);
  if (check === undefined) throw new Error(`${service.typeName}/${method.name} was called past the gate`);
  return check;
}

/** What an answer passes, and what an error does, while the service may not have looked. */
function createGuard(call: Checked, values: ContextValues, check: MessageCheck) {
  function denied() {
    const { service, method } = call;
    return roleRequired(values, check.role ?? "admin", `${service.typeName}/${method.name}`);
  }
  return {
    ensure<T>(value: T): T {
      if (check.done) return value;
      throw denied();
    },
    fail(error: unknown): never {
      const fromOutside = call.signal.aborted || ConnectError.from(error).code === Code.InvalidArgument;
      throw check.done || fromOutside ? error : denied();
    },
  };
}

function unaryMessageCheck(next: UnaryStep): UnaryStep {
  return (context, message) => {
    const check = checkOf(context, context.values);
    if (check.done) return next(context, message);
    const { ensure, fail } = createGuard(context, context.values, check);
    let reply: ReturnType<UnaryStep>;
    try {
      reply = next(context, message);
    } catch (error) {
      return fail(error);
    }
    return isPromise(reply) ? reply.then(ensure, fail) : ensure(reply);
  };
}

async function checked(next: Next, request: Parameters<Next>[0], check: MessageCheck): ReturnType<Next> {
  const { ensure, fail } = createGuard(request, request.contextValues, check);
  const response = await next(request).catch(fail);
  if (!response.stream) return ensure(response);
  const { message } = response;
  return {
    ...response,
    message: {
      [Symbol.asyncIterator]() {
        const inner = message[Symbol.asyncIterator]();
        return {
          next: () => inner.next().then(ensure, fail),
          return: async (value?: unknown) => (await inner.return?.(value)) ?? { done: true as const, value },
        };
      },
    },
  };
}
