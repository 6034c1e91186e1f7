/** Why a token is refused, in a form for programs. */
export type TokenProblem = "TOKEN_MISSING" | "TOKEN_MALFORMED" | "TOKEN_EXPIRED" | "TOKEN_NOT_ACCEPTED";

/** A token that says nothing of who calls. The message is for the caller and never quotes the token. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly problem: TokenProblem;

  constructor(problem: TokenProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** The identity provider's keys are not at hand, so that no token can be judged. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
  /** When a next try may succeed, in milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super("the keys of the identity provider are not at hand", options);
    this.retryAfterMs = retryAfterMs;
  }
}
