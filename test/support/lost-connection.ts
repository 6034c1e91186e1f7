import { Code } from "@connectrpc/connect";

/**
 * Whether a call failed because its connection did: `reason` is an error of Connect's clients or of grpc-js.
 *
 * The kernel resets connections that wait to be accepted when a server stops listening, and its clients learn of it as
 * they write or as they read. Connect's client for Node.js makes ABORTED of ECONNRESET and INTERNAL of EPIPE
 * (connectErrorFromNodeReason in https://github.com/connectrpc/connect-es/blob/main/packages/connect-node/src/node-error.ts).
 */
export function isConnectionLost(reason: unknown): boolean {
  const { code, rawMessage } = reason as { readonly code?: Code; readonly rawMessage?: string };
  return code === Code.Unavailable || code === Code.Aborted || rawMessage === "write EPIPE";
}
