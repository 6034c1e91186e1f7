import { Code } from "@connectrpc/connect";
import type { preParsingHookHandler } from "fastify";
import { traceparentHeader } from "../../protocol/traceparent.ts";
import { parseContentType } from "../../protocol/wire-format.ts";
import type { CallMeter } from "../lanes/call-meter.ts";

/** `/Service/Method`, as every RPC's path is. */
const rpcPath = /^\/[^/?]+\/[^/?]+$/;

/** Counts calls of methods that are not served, whoever refuses them. A hook of the root instance. */
export function countUnknown(meter: CallMeter): preParsingHookHandler {
  return ({ is404, method, headers, url }, reply, _payload, done) => {
    const type = headers["content-type"];
    const format = is404 && method === "POST" && type && rpcPath.test(url) ? parseContentType(type) : undefined;
    if (format) {
      meter.began();
      meter.ended(format.protocol, Code.Unimplemented, reply.elapsedTime, headers[traceparentHeader]?.toString());
    }
    done();
  };
}
