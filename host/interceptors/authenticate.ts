import { Code, type HandlerContext } from "@connectrpc/connect";
import { anybody, type Caller, callerKey, nobody } from "../auth/caller.ts";
import { refuse } from "../auth/refusal.ts";
import { KeysUnavailableError, TokenError } from "../auth/token-error.ts";
import type { Identity, TokenVerifier } from "../auth/token-verifier.ts";
import { callInfoKey } from "./call-info.ts";

/** What {@link authenticate} needs to know. */
export interface AuthenticateOptions {
  readonly verifier: TokenVerifier;
  /** Counts a call whose token was refused; may throw instead. */
  readonly onRefused?: ((context: Asked) => void) | undefined;
}

/** What of a call, or of any other request, says who asks. */
type Asked = Pick<HandlerContext, "values">;

/** Has the values say who asks: a step of the gate. */
type Identify = (context: Asked) => void | Promise<void>;

/** RFC 6750 section 2.1; the scheme's letter case does not matter (RFC 9110 section 11.1). */
const scheme = /^bearer +/i;

/**
 * Finds out who calls from the bearer token. Without one the caller is anonymous; a token that is no good is refused
 * with UNAUTHENTICATED even where none is needed, as its sender thinks to be signed in.
 */
export function authenticate({ verifier, onRefused }: AuthenticateOptions): Identify {
  return context => {
    const { values } = context;
    function found(identity: Identity) {
      values.set(callerKey, toCaller(identity));
    }
    function refused(error: unknown): never {
      if (error instanceof TokenError) onRefused?.(context);
      throw toConnectError(error, context);
    }

    const { authorization, connection } = values.get(callInfoKey);
    if (authorization.length === 0) {
      values.set(callerKey, nobody);
      return undefined;
    }
    try {
      const identity = verifier.verify(readToken(authorization), connection);
      // A caller who is known is not made to wait, not even for a turn of the microtask queue.
      return identity instanceof Promise ? identity.then(found, refused) : found(identity);
    } catch (error) {
      return refused(error);
    }
  };
}

/** Takes every call as one of a caller who may do everything: there is no authentication. */
export function admitAnybody(): Identify {
  return ({ values }) => void values.set(callerKey, anybody);
}

function readToken(headers: readonly string[]): string {
  if (headers.length > 1) throw new TokenError("TOKEN_MALFORMED", "more than one authorization header");
  const [value = ""] = headers;
  const [start] = scheme.exec(value) ?? [];
  if (start === undefined) throw new TokenError("TOKEN_MALFORMED", "authorization header is no bearer token");
  return value.slice(start.length);
}

function toCaller({ subject, role, expiresAtMs }: Identity): Caller {
  return { subject, role, expiresAtMs, anonymous: false };
}

function toConnectError(error: unknown, { values }: Asked): unknown {
  if (error instanceof TokenError) {
    return refuse(values, {
      code: Code.Unauthenticated,
      message: error.message,
      reason: error.problem,
      // RFC 6750 section 3.1
      headers: { "www-authenticate": 'Bearer error="invalid_token"' },
    });
  }
  if (error instanceof KeysUnavailableError) {
    const { message, retryAfterMs } = error;
    return refuse(values, { code: Code.Unavailable, message, reason: "KEYS_UNAVAILABLE", retryAfterMs });
  }
  return error;
}
