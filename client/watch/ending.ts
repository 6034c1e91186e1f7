import { Code } from "@connectrpc/connect";
import type { ConciergeError } from "../errors.ts";

/** What follows the end of a subscription: it goes on by its token, the users are listed anew, or the watch fails. */
export type Verdict = "resume" | "relist" | "fail";

/** What is known of a subscription that has ended. */
export interface Ending {
  readonly error: ConciergeError;
  /** Whether a message has come. */
  readonly answered: boolean;
  /** Where its resume token came from; undefined where it had none. */
  readonly token: "server" | "caller" | undefined;
}

/**
 * Codes after which the same would end the same way. All others pass: servers drain, connections are lost, and proxies
 * cut what is long.
 */
const permanent = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.Unimplemented,
  Code.OutOfRange,
  Code.FailedPrecondition,
  Code.DataLoss,
]);

/** Judges how a subscription ended. */
export function judge({ error, answered, token }: Ending): Verdict {
  const { code } = error;
  // A token that ends in the middle is fetched anew; one that is refused at once was already.
  if (code === Code.Unauthenticated) return answered ? "resume" : "fail";
  if (token !== undefined) {
    // Its events are gone, or the database is another one: docs/feed.md.
    if (code === Code.OutOfRange || code === Code.FailedPrecondition) return "relist";
    // What the server gave in this very watch was good; what the caller brought may be wrong.
    if (error.reason === "INVALID_RESUME_TOKEN" && token === "server") return "relist";
  }
  return permanent.has(code) ? "fail" : "resume";
}
