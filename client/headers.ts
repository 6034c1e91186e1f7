import type { Interceptor } from "@connectrpc/connect";
import type { HeaderFields } from "./options.ts";

/** Sends headers with each call that has not its own of that name. */
export function sendHeaders(init: HeaderFields): Interceptor {
  const headers = new Headers(init);
  return next => request => {
    headers.forEach((value, name) => {
      if (!request.header.has(name)) request.header.set(name, value);
    });
    return next(request);
  };
}
