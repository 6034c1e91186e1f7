import type { Call, CallInit } from "./call.ts";
import { ConnectGetCall } from "./connect-get.ts";
import { ConnectUnaryCall } from "./connect-unary-call.ts";
import type { Rpc } from "./rpc.ts";
import { StreamCall } from "./stream-call.ts";
import { UnaryCall } from "./unary-call.ts";

/** Makes the call that an accepted request asks for; `query` is there where it is a GET. */
export function createCall(rpc: Rpc, common: Omit<CallInit<never>, "rpc">, query?: URLSearchParams): Call {
  if (!rpc.unary) return new StreamCall({ ...common, rpc });
  if (query) return new ConnectGetCall({ ...common, rpc, statedEncoding: query.get("compression") ?? undefined });
  return common.format.enveloped ? new UnaryCall({ ...common, rpc }) : new ConnectUnaryCall({ ...common, rpc });
}
