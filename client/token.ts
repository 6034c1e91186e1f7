import type { Interceptor } from "@connectrpc/connect";
import type { TokenSource } from "./options.ts";

/** Signs each call in that has no authorization header of its own. */
export function sendToken(source: TokenSource): Interceptor {
  let token: Promise<string> | undefined;
  return next => async request => {
    if (!request.header.has("authorization")) {
      token ??= Promise.resolve(typeof source === "string" ? source : source());
      request.header.set("authorization", `Bearer ${await token}`);
    }
    return next(request);
  };
}
