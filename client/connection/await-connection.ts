import type { Interceptor } from "@connectrpc/connect";
import type { Connections } from "./connections.ts";

/**
 * Has each call wait for a connection. By itself Connect's transport waits, too, but without looking whether the call is
 * still wanted: those that ended meanwhile are begun, and reset at once, which a server takes for an attack.
 */
export function awaitConnection(connections: Connections): Interceptor {
  return next => async request => {
    await connections.ready(request.signal);
    return next(request);
  };
}
