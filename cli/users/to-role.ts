import { type Role, roleOf, roles } from "../../host/auth/role.ts";
import { LineError } from "./line.ts";

/** Reads a role in any case, also as the contract spells it (`ROLE_ADMIN`); "" is unset. Throws {@link LineError}. */
export function toRole(line: number, text: string): Role | undefined {
  const name = text.toLowerCase().replace(/^role_/, "");
  if (name === "" || name === "unspecified") return undefined;
  const role = roleOf(name);
  if (role === undefined) throw new LineError(line, `role "${text}" is not one of ${roles.join(", ")}`);
  return role;
}
