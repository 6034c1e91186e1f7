import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { repeatable } from "./retry/attempt.ts";
import { unlessAborted } from "./signals.ts";

/** A bearer token, or a function that returns the one to use now. */
export type TokenSource = string | (() => string | Promise<string>);

/** Longer than any provider takes. A call without a deadline would wait for ever otherwise. */
const TOKEN_TIMEOUT_MS = 30_000;

/** Returns a token or a function as it is. Throws a `TypeError` for what is no token, without telling it. */
export function checkToken(source: TokenSource): TokenSource {
  const problem = typeof source === "function" ? undefined : problemOf(source);
  if (problem !== undefined) throw new TypeError(`token ${problem}`);
  return source;
}

/** What is wrong with a token; undefined where nothing is. Does not tell the token, as errors are logged. */
function problemOf(token: unknown): string | undefined {
  if (typeof token !== "string") return `is ${typeof token}, not text`;
  return /^[\x21-\x7e]*$/.test(token.trim()) ? undefined : "holds a character that no token has";
}

/**
 * Signs each call in that has no authorization header of its own. A function's token is kept, for calls at the same time,
 * too, until the server says UNAUTHENTICATED; then it is asked again, and the call repeated, once, where that is
 * another one. What the function throws ends the call: a `ConnectError` as it is, all else as UNAUTHENTICATED.
 */
export function sendToken(source: TokenSource): Interceptor {
  const askForToken = typeof source === "string" ? async () => source : keptToken(source);

  return next => async request => {
    if (request.header.has("authorization")) return next(request);
    const { signal } = request;
    const token = await unlessAborted(askForToken(), signal);
    if (typeof source === "string") {
      authorize(request.header, token);
      return next(request);
    }
    const call = repeatable(next, request);
    try {
      return await call.attempt(authorize(new Headers(request.header), token));
    } catch (error) {
      const refused = ConnectError.from(error).code === Code.Unauthenticated;
      if (!refused || !call.repeatable || signal.aborted) throw error;
      const another = await unlessAborted(askForToken(token), signal);
      if (another === token) throw error;
      return call.attempt(authorize(new Headers(request.header), another));
    }
  };
}

/** Keeps a function's token until a call is refused with it. Calls that wait at the same time share one request for it. */
function keptToken(source: () => string | Promise<string>): (refused?: string) => Promise<string> {
  let kept: string | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const timeout = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
    try {
      const answer = await unlessAborted(Promise.resolve(source()), timeout);
      const problem = problemOf(answer);
      if (problem !== undefined) throw new TypeError(`its answer ${problem}`);
      kept = answer;
      return answer;
    } catch (error) {
      if (error instanceof ConnectError) throw error;
      const [message, code] = timeout.aborted
        ? [`the token function gave no answer in ${TOKEN_TIMEOUT_MS} ms`, Code.Unavailable]
        : [`the token function failed: ${error instanceof Error ? error.message : error}`, Code.Unauthenticated];
      throw new ConnectError(message, code, undefined, undefined, error);
    }
  }
  return async refused => {
    if (kept !== undefined && kept === refused) kept = undefined;
    if (kept !== undefined) return kept;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/** Sets the header; an empty token is none. Returns the headers. */
function authorize(header: Headers, token: string): Headers {
  if (token !== "") header.set("authorization", `Bearer ${token}`);
  return header;
}
