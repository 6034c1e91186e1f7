import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type ConnectError, type ContextValues } from "@connectrpc/connect";
import { callerKey, messageCheckKey, roleRequired } from "../auth/caller.ts";
import type { Policy } from "../auth/policy.ts";
import { refuse } from "../auth/refusal.ts";
import { includesRole, type Role } from "../auth/role.ts";
import type { GateStep } from "./gate.ts";

/** For calls that may be answered whatever the message says. */
const admitted = Object.freeze({ done: true });

/** Creates the UNAUTHENTICATED that tells a caller without a token that `what` needs one, and of which role if of any. */
export function tokenMissing(values: ContextValues, role: Role | "", what: string): ConnectError {
  return refuse(values, {
    code: Code.Unauthenticated,
    message: `${what} needs a token${role && ` with the role "${role}"`}`,
    reason: "TOKEN_MISSING",
    metadata: { requiredRole: role, role: "" },
    headers: { "www-authenticate": "Bearer" },
  });
}

/**
 * Refuses who may not call the method at all: UNAUTHENTICATED without a token, PERMISSION_DENIED without the role, or where
 * the method has no policy. Where the message decides, the call goes on under a check that `messageCheck` enforces.
 */
export function authorize(policies: ReadonlyMap<DescMethod, Policy>): GateStep {
  return ({ method, service, values }) => {
    const policy = policies.get(method);
    if (policy?.access === "public") {
      values.set(messageCheckKey, admitted);
      return;
    }
    const name = `${service.typeName}/${method.name}`;
    if (policy === undefined) {
      throw refuse(values, { code: Code.PermissionDenied, message: `${name} has no policy`, reason: "NO_POLICY" });
    }
    const caller = values.get(callerKey);
    const { access } = policy;
    if (caller.anonymous) throw tokenMissing(values, access === "signed-in" ? "" : access, name);
    if (access === "signed-in" || includesRole(caller.role, access)) values.set(messageCheckKey, admitted);
    else if (policy.self) values.set(messageCheckKey, { role: access, done: false });
    else throw roleRequired(values, access, name);
  };
}
