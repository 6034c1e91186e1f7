import type { Call } from "./call.ts";
import type { CallInit } from "./call-scope.ts";
import { ConnectGetCall, type GetQuery } from "./connect-get.ts";
import { ConnectUnaryCall } from "./connect-unary-call.ts";
import type { Rpc, StreamRpc, UnaryRpc } from "./rpc.ts";
import { StreamCall } from "./stream-call.ts";
import { UnaryCall } from "./unary-call.ts";

/** Makes the call that an accepted request asks for; `query` is there where it is a GET. */
export function createCall(init: CallInit<Rpc>, query?: GetQuery): Call {
  if (!isUnary(init)) return new StreamCall(init as CallInit<StreamRpc>);
  if (query) return new ConnectGetCall(init, query);
  return init.format.enveloped ? new UnaryCall(init) : new ConnectUnaryCall(init);
}

function isUnary(init: CallInit<Rpc>): init is CallInit<UnaryRpc> {
  return init.rpc.unary;
}
