import type { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

/** What the visitor can do about a call the server refused, from the details of its error; empty where nothing is known. */
export function adviceFor(error: ConnectError): string {
  const [info] = error.findDetails(ErrorInfoSchema);
  const { role = "", requiredRole = "" } = info?.metadata ?? {};
  switch (info?.reason) {
    case "TOKEN_MISSING":
      return `Only callers with the role “${requiredRole}” may do this: put such a token into the field above.`;
    case "ROLE_REQUIRED":
      return `This takes the role “${requiredRole}”; your token ${role === "" ? "names none" : `has “${role}”`}.`;
    case "TOKEN_EXPIRED":
      return "Your token was good until a while ago: put a new one into the field above.";
    case "TOKEN_MALFORMED":
    case "TOKEN_NOT_ACCEPTED":
      return "Your token opens nothing here. Without one, public calls still work.";
    case "RATE_LIMIT_EXCEEDED":
    case "TOO_MANY_STREAMS":
      return retryAdvice(error);
    default:
      return "";
  }
}

function retryAdvice(error: ConnectError): string {
  const { seconds = 0n, nanos = 0 } = error.findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
  const wait = Math.ceil(Number(seconds) + nanos / 1e9);
  return wait > 0 ? `Try again in ${wait} s.` : "Try again when another of your streams has ended.";
}
