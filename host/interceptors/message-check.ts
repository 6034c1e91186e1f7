import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { type MessageCheck, messageCheckKey, roleRequired } from "../auth/caller.ts";

type Next = Parameters<Interceptor>[0];

/**
 * Lets no answer out where the message decides who may call and the service has not looked: neither a reply nor an error,
 * which may tell as much. Throws PERMISSION_DENIED instead. A call that never passed the gate is a fault of ours.
 */
export function messageCheck(): Interceptor {
  return next => request => {
    const check = request.contextValues.get(messageCheckKey);
    if (check?.done) return next(request);
    const { service, method } = request;
    if (check === undefined) throw new Error(`${service.typeName}/${method.name} was called past the gate`);
    return checked(next, request, check);
  };
}

async function checked(next: Next, request: Parameters<Next>[0], check: MessageCheck): ReturnType<Next> {
  const { contextValues, service, method } = request;

  function denied() {
    return roleRequired(contextValues, check.role ?? "admin", `${service.typeName}/${method.name}`);
  }
  function ensure<T>(value: T): T {
    if (check.done) return value;
    throw denied();
  }
  function fail(error: unknown): never {
    const fromOutside = request.signal.aborted || ConnectError.from(error).code === Code.InvalidArgument;
    throw check.done || fromOutside ? error : denied();
  }

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
