import type { ConciergeError } from "../../client/web.ts";

/** What the visitor can do about a call the server refused, from the details of its error; empty where nothing is known. */
export function adviceFor({ reason, metadata, retryAfterMs }: ConciergeError): string {
  const { role = "", requiredRole = "" } = metadata;
  switch (reason) {
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
      return retryAfterMs
        ? `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`
        : "Try again when another of your streams has ended.";
    default:
      return "";
  }
}
