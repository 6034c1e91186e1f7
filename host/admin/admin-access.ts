import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { callInfoKey } from "../interceptors/call-info.ts";
import { withoutPort } from "../interceptors/network.ts";
import { isOfThisMachine } from "../metrics/serve-metrics.ts";

/** How near an administrator has to be: on this machine, or anywhere. The role is asked for wherever callers sign in. */
export type AdminCallers = "loopback" | "admin";

/** Throws PERMISSION_DENIED for a call that is not from this machine by itself. */
export function requireThisMachine(context: HandlerContext, listensOnSocketFile: boolean): void {
  const { peer } = context.values.get(callInfoKey);
  // Over TCP a peer without an address is one whose connection is lost: nobody knows where it was.
  const isKnown = peer !== "" || listensOnSocketFile;
  const asked = {
    headers: Object.fromEntries(context.requestHeader),
    host: new URL(context.url).host,
    socket: { remoteAddress: peer === "" ? undefined : withoutPort(peer) },
  };
  if (isKnown && isOfThisMachine(asked)) return;
  const text = `${context.service.typeName} is for callers of this machine alone`;
  throw new ConnectError(text, Code.PermissionDenied);
}
