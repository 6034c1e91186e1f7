import type { UserFilter } from "../store/queries.ts";
import { InvalidFieldError, quote } from "./errors.ts";
import type { Role } from "./user.ts";
import { refuseNul } from "./user-rules.ts";

/** Restrictions that one filter may have. */
const MAX_RESTRICTIONS = 8;

/** A quoted text, an operator, or a word. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([=:])|([^\s"=:]+))/y;

interface Token {
  readonly kind: "text" | "operator" | "word";
  readonly value: string;
}

/**
 * Reads a subset of AIP-160: restrictions joined by `AND` or by a space. `role = ADMIN` (`viewer`, `editor`, `admin` in
 * any letter case), `name:"ali"` and `email:"@example.com"` (holds, in any letter case), and bare text, which the name
 * or the email holds. `name:*` and `email:*` say that there is one, as there always is; a star within a word would be a
 * wildcard, which is not understood. Throws {@link InvalidFieldError} that names what it does not understand.
 */
export function parseFilter(text: string): UserFilter {
  refuseNul("filter", text);
  const tokens = tokenize(text);
  const name: string[] = [];
  const email: string[] = [];
  const bare: string[] = [];
  let role: Role | undefined;
  let restrictions = 0;
  for (let at = 0; at < tokens.length; ) {
    if (restrictions > 0 && isAnd(tokens[at])) at += 1;
    const [left, operator, right] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (left === undefined) throw invalid(text, "ends with AND");
    restrictions += 1;
    if (restrictions > MAX_RESTRICTIONS) throw invalid(text, `has more than ${MAX_RESTRICTIONS} restrictions`);
    if (left.kind === "operator") throw invalid(text, `has ${quote(left.value)} without a field before it`);
    if (left.kind === "word" && /^(AND|OR|NOT|-.*|.*[()<>!].*)$/.test(left.value)) {
      throw invalid(text, `has ${quote(left.value)}: only restrictions joined by AND are understood`);
    }
    if (operator?.kind !== "operator") {
      refuseWildcard(text, left);
      bare.push(left.value);
      at += 1;
      continue;
    }
    if (right === undefined || right.kind === "operator")
      throw invalid(text, `has no value after ${quote(left.value)}`);
    const restriction = `${left.value} ${operator.value}`;
    if (restriction === "name :") name.push(...textOf(text, right));
    else if (restriction === "email :") email.push(...textOf(text, right));
    else if (restriction === "role =" && role === undefined) role = toRole(text, right.value);
    else if (restriction === "role =") throw invalid(text, "has two roles, and no user has both");
    else throw invalid(text, `has ${quote(restriction)}: role =, name: and email: are understood`);
    at += 3;
  }
  return { role, name, email, text: bare };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) throw invalid(text, "has a quote without its end");
    const [, quoted, operator, word] = match;
    if (quoted !== undefined) tokens.push({ kind: "text", value: quoted.replaceAll(/\\(.)/g, "$1") });
    else if (operator !== undefined) tokens.push({ kind: "operator", value: operator });
    else if (word !== undefined) tokens.push({ kind: "word", value: word });
  }
  if (tokens.some(({ kind, value }) => kind === "text" && value === "")) throw invalid(text, "has an empty text");
  return tokens;
}

/** The text that a field is to hold; none where it only has to be there. */
function textOf(filter: string, token: Token): string[] {
  if (token.kind === "word" && token.value === "*") return [];
  refuseWildcard(filter, token);
  return [token.value];
}

function refuseWildcard(filter: string, { kind, value }: Token): void {
  if (kind !== "word" || !value.includes("*")) return;
  throw invalid(filter, `has ${quote(value)}: wildcards are not understood, a star that is meant is put in quotes`);
}

function isAnd(token: Token | undefined): boolean {
  return token?.kind === "word" && token.value === "AND";
}

function toRole(filter: string, value: string): Role {
  const role = value.toLowerCase().replace(/^role_/, "");
  if (role === "viewer" || role === "editor" || role === "admin") return role;
  throw invalid(filter, `has role ${quote(value)}: viewer, editor and admin are understood`);
}

function invalid(filter: string, problem: string): InvalidFieldError {
  return new InvalidFieldError("filter", `filter ${quote(filter)} ${problem}`);
}
