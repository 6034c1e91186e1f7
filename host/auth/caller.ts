import { Code, type ConnectError, type ContextValues, createContextKey } from "@connectrpc/connect";
import { refuse } from "./refusal.ts";
import { includesRole, type Role } from "./role.ts";

/** Who calls. */
export interface Caller {
  /** The token's `sub`, or "" where nobody signed in. */
  readonly subject: string;
  /** What the caller may do beyond what is public. */
  readonly role: Role | undefined;
  /** When the caller's token ends, in milliseconds since the epoch; unset where there is none. */
  readonly expiresAtMs: number | undefined;
  readonly anonymous: boolean;
}

/** A caller without a token: may call what is public. */
export const nobody: Caller = Object.freeze({ subject: "", role: undefined, expiresAtMs: undefined, anonymous: true });

/** Any caller of a server without authentication: may call everything. */
export const anybody: Caller = Object.freeze({ ...nobody, role: "admin" });

/** The context value under which services find who calls. A call that nobody looked at is anonymous. */
export const callerKey = createContextKey<Caller>(nobody, { description: "caller" });

/** Whether a call may be answered. */
export interface MessageCheck {
  /** The role with which no look at the message is needed; unset where the method is public. */
  readonly role?: Role;
  /** False where the policy has `self` and the caller is below its role, until the service has looked at the message. */
  done: boolean;
}

/** Set by whoever has read the method's policy; a call without it was judged by nobody. */
export const messageCheckKey = createContextKey<MessageCheck | undefined>(undefined, { description: "message check" });

/**
 * Lets the caller go on who has at least this role, for what a message asks. Throws PERMISSION_DENIED for any other.
 *
 * Of use where a method's policy has `self`: with this, or with `requireSelfOr`, the service says that it has looked.
 */
export function requireRole(values: ContextValues, role: Role, what = "this"): void {
  const caller = values.get(callerKey);
  if (!includesRole(caller.role, role)) throw roleRequired(values, role, what);
  checked(values);
}

/**
 * Lets the caller go on who is the user with this id (the token's `sub`), or has at least this role. Throws
 * PERMISSION_DENIED for any other. Call it with the id that was asked for, before anything is looked up.
 */
export function requireSelfOr(values: ContextValues, role: Role, userId: string): void {
  const caller = values.get(callerKey);
  const isSelf = !caller.anonymous && caller.subject === userId;
  if (!isSelf && !includesRole(caller.role, role)) throw roleRequired(values, role, "what is about others");
  checked(values);
}

/** Creates the PERMISSION_DENIED that names the role that is missing; `what` is what was asked for. */
export function roleRequired(values: ContextValues, required: Role, what: string): ConnectError {
  const { role } = values.get(callerKey);
  return refuse(values, {
    code: Code.PermissionDenied,
    message: `${what} needs the role "${required}", and the caller has ${role === undefined ? "none" : `"${role}"`}`,
    reason: "ROLE_REQUIRED",
    metadata: { requiredRole: required, role: role ?? "" },
  });
}

function checked(values: ContextValues) {
  const check = values.get(messageCheckKey);
  if (check && !check.done) check.done = true;
}
