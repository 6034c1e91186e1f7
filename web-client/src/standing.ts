import { type DescMethod, type DescService, getOption } from "@bufbuild/protobuf";
import type { ConciergeError } from "../../client/web.ts";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Access, policy } from "../../gen/concierge/policy/v1/policy_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as Helloworld } from "../../gen/helloworld_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";

/** Those whose contracts say who may call what. */
export const SERVICES: readonly DescService[] = [Greeter, Helloworld, UserService, DemoUserService, DirectoryService];

/** From the one that most may do to the one that fewest may. */
export const LEVELS = [Access.PUBLIC, Access.VIEWER, Access.EDITOR, Access.ADMIN] as const;

/** As a token's claim `role` names them, and `google.rpc.ErrorInfo` in the server's refusals. */
const ROLES: Partial<Record<Access, string>> = {
  [Access.VIEWER]: "viewer",
  [Access.EDITOR]: "editor",
  [Access.ADMIN]: "admin",
};

/** What the visitor may call. */
export interface Standing {
  /** The highest access that is open; `UNSPECIFIED` where not even public calls are. */
  readonly access: Access;
  /** Whether the visitor has signed in. */
  readonly signedIn: boolean;
}

/**
 * What the server's answer to a call that takes the highest role tells of the visitor: the call went well, or was refused
 * with the error. Undefined where the error is about something else, such as a lost connection.
 */
export function standingOf(refusal: ConciergeError | undefined): Standing | undefined {
  if (refusal === undefined) return { access: Access.ADMIN, signedIn: true };
  switch (refusal.reason) {
    case "TOKEN_MISSING":
      return { access: Access.PUBLIC, signedIn: false };
    case "ROLE_REQUIRED":
      return { access: accessOf(refusal.metadata.role), signedIn: true };
    case "TOKEN_EXPIRED":
    case "TOKEN_MALFORMED":
    case "TOKEN_NOT_ACCEPTED":
      return { access: Access.UNSPECIFIED, signedIn: false };
    default:
      return undefined;
  }
}

/** Why methods of an access are closed to the visitor; empty where they are open. */
export function closedBecause(access: Access, standing: Standing): string {
  if (access <= standing.access) return "";
  if (standing.access === Access.UNSPECIFIED) return "your token is not accepted";
  const takes = `takes the role “${ROLES[access]}”`;
  if (!standing.signedIn) return `${takes}, and you have no token`;
  const role = ROLES[standing.access];
  return `${takes}, and your token ${role === undefined ? "names none" : `has “${role}”`}`;
}

/** The methods of one service that have the same access. */
export interface MethodGroup {
  readonly service: string;
  /** By name; `self` are open below their access, too, for what is about the caller. */
  readonly methods: readonly { readonly name: string; readonly self: boolean }[];
}

/** The methods whose contracts state this access, service by service. */
export function methodsWith(access: Access): MethodGroup[] {
  return SERVICES.map(({ typeName, methods }) => ({
    service: typeName,
    methods: methods
      .filter(method => stated(method).access === access)
      .map(method => ({ name: method.name, self: stated(method).self })),
  })).filter(({ methods }) => methods.length > 0);
}

function stated(method: DescMethod) {
  return getOption(method, policy);
}

/** What a role opens; who has none may do what is public. */
function accessOf(role: string | undefined): Access {
  return LEVELS.find(level => ROLES[level] === role) ?? Access.PUBLIC;
}
