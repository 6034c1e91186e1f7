import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";

/** The paths of the methods whose clients send any number of messages, in their own time. */
export function openEndedPaths(routes: (router: ConnectRouter) => void): ReadonlySet<string> {
  const router = createConnectRouter();
  routes(router);
  const openEnded = router.handlers.filter(
    ({ method }) => method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
  );
  return new Set(openEnded.map(({ requestPath }) => requestPath));
}
