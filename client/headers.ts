import type { Interceptor } from "@connectrpc/connect";

/** Sends headers with each call that has not its own of that name. */
export function sendHeaders(headers: Headers): Interceptor {
  return next => request => {
    headers.forEach((value, name) => {
      if (!request.header.has(name)) request.header.set(name, value);
    });
    return next(request);
  };
}
