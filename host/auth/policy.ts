import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { ConsoleService } from "../../gen/concierge/console/v1/console_pb.ts";
import { OpenApiService } from "../../gen/concierge/openapi/v1/openapi_pb.ts";
import { Access, policy as policyOption } from "../../gen/concierge/policy/v1/policy_pb.ts";
import type { Role } from "./role.ts";

/** Who may call a method. */
export interface Policy {
  /** `signed-in` is everybody with a token, of whatever role. */
  readonly access: "public" | "signed-in" | Role;
  /** Below that role, the service decides by the message. */
  readonly self: boolean;
}

/** Methods that cannot be mounted, one line each. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}

/**
 * Who may call the services that are a public standard, or come with the host. Their contracts are kept as they were published, as clients have
 * their own copies of them, so what ours would carry in an option stands here.
 */
const standard: Readonly<Record<string, Policy>> = {
  "grpc.health.v1.Health": { access: "public", self: false },
  "grpc.reflection.v1.ServerReflection": { access: "signed-in", self: false },
  "grpc.reflection.v1alpha.ServerReflection": { access: "signed-in", self: false },
  [OpenApiService.typeName]: { access: "signed-in", self: false },
  [ConsoleService.typeName]: { access: "signed-in", self: false },
};

const accesses: Partial<Record<Access, Policy["access"]>> = {
  [Access.PUBLIC]: "public",
  [Access.VIEWER]: "viewer",
  [Access.EDITOR]: "editor",
  [Access.ADMIN]: "admin",
};

/** The policy a method's contract states, or undefined. */
export function policyOf(method: DescMethod): Policy | undefined {
  if (!hasOption(method, policyOption)) return standard[method.parent.typeName];
  const { access, self } = getOption(method, policyOption);
  const known = accesses[access];
  return known && { access: known, self };
}

/**
 * Reads the policies of all methods, with reflection for everybody where it is `public`. Throws `PolicyError` with the
 * name of each that has none.
 */
export function readPolicies(
  methods: Iterable<DescMethod>,
  reflection: "public" | "signed-in" = "signed-in",
): ReadonlyMap<DescMethod, Policy> {
  const policies = new Map<DescMethod, Policy>();
  const problems: string[] = [];
  for (const method of methods) {
    const policy = isReflection(method) ? { access: reflection, self: false } : policyOf(method);
    if (policy) policies.set(method, policy);
    else
      problems.push(`${method.parent.typeName}/${method.name}: has no policy; state who may call it in its contract`);
  }
  if (problems.length > 0) throw new PolicyError(problems.join("\n"));
  return policies;
}

/** Whether a method tells what is served, or relays calls to it: to whom is one decision for all of these. */
function isReflection({ parent }: DescMethod): boolean {
  return parent === OpenApiService || parent === ConsoleService || parent.typeName.startsWith("grpc.reflection.");
}
