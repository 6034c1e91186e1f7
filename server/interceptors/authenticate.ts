import { Code, type HandlerContext } from "@connectrpc/connect";
import { KeysUnavailableError, TokenError } from "../auth/token-error.ts";
import { type Identity, maxTokenLength, type TokenVerifier } from "../auth/token-verifier.ts";
import { anybody, type Caller, callerKey, nobody } from "../services/caller.ts";
import { refuse } from "../services/refusal.ts";
import { callInfoKey } from "./call-info.ts";
import type { GateStep } from "./gate.ts";

/** What {@link authenticate} needs to know. */
export interface AuthenticateOptions {
  readonly verifier: TokenVerifier;
  /** Counts a call whose token was refused; may throw instead. */
  readonly onRefused?: GateStep | undefined;
}

/** RFC 6750 section 2.1; the scheme's letter case does not matter (RFC 9110 section 11.1). */
const bearer = /^bearer +([\w~+/.-]+=*)$/i;

/**
 * Finds out who calls from the bearer token. Without one the caller is anonymous; a token that is no good is refused
 * with UNAUTHENTICATED even where none is needed, as its sender thinks to be signed in.
 */
export function authenticate({ verifier, onRefused }: AuthenticateOptions): GateStep {
  async function refused(context: HandlerContext, error: unknown): Promise<never> {
    if (error instanceof TokenError) await onRefused?.(context);
    throw toConnectError(error);
  }

  return context => {
    const { values } = context;
    const headers = values.get(callInfoKey).authorization;
    if (headers.length === 0) {
      values.set(callerKey, nobody);
      return undefined;
    }
    try {
      const identity = verifier.verify(readToken(headers));
      if (!(identity instanceof Promise)) {
        values.set(callerKey, toCaller(identity));
        return undefined;
      }
      return identity.then(
        found => void values.set(callerKey, toCaller(found)),
        error => refused(context, error),
      );
    } catch (error) {
      return refused(context, error);
    }
  };
}

/** Takes every call as one of a caller who may do everything: there is no authentication. */
export function admitAnybody(): GateStep {
  return ({ values }) => void values.set(callerKey, anybody);
}

function readToken([value = "", ...others]: readonly string[]): string {
  if (others.length > 0) throw new TokenError("TOKEN_MALFORMED", "more than one authorization header");
  const token = value.length > maxTokenLength + "bearer ".length ? "" : bearer.exec(value)?.[1];
  if (token === "") throw new TokenError("TOKEN_MALFORMED", `token is longer than ${maxTokenLength} characters`);
  if (token === undefined) throw new TokenError("TOKEN_MALFORMED", "authorization header is no bearer token");
  return token;
}

function toCaller({ subject, role, expiresAtMs }: Identity): Caller {
  return { subject, role, expiresAtMs, anonymous: false };
}

function toConnectError(error: unknown): unknown {
  if (error instanceof TokenError) {
    return refuse({
      code: Code.Unauthenticated,
      message: error.message,
      reason: error.problem,
      // RFC 6750 section 3.1
      headers: { "www-authenticate": 'Bearer error="invalid_token"' },
    });
  }
  if (error instanceof KeysUnavailableError) {
    const { message, retryAfterMs } = error;
    return refuse({ code: Code.Unavailable, message, reason: "KEYS_UNAVAILABLE", retryAfterMs });
  }
  return error;
}
