import type { NewUser } from "../store/records.ts";
import { InvalidFieldError, quote } from "./errors.ts";
import type { UserInput } from "./user.ts";

/** Characters of a name, at most. */
export const MAX_NAME_LENGTH = 200;
/** Characters of an email, at most: https://www.rfc-editor.org/errata/eid1690 */
export const MAX_EMAIL_LENGTH = 254;
/** Years. */
export const MAX_AGE = 150;
/** Characters of a bio, at most. */
export const MAX_BIO_LENGTH = 2000;

/** What browsers take in `<input type=email>`: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Returns the user to store. Throws {@link InvalidFieldError} for the first field that breaks a rule. */
export function toNewUser(input: UserInput): NewUser {
  return {
    name: checkName(input.name),
    email: checkEmail(input.email),
    role: input.role ?? "viewer",
    age: checkAge(input.age),
    bio: checkBio(input.bio),
  };
}

/** Returns the name without the white space around it. Throws {@link InvalidFieldError}. */
export function checkName(value: string): string {
  const name = value.trim();
  if (name === "") throw new InvalidFieldError("name", `name "" has 0 characters, at least 1`);
  checkText("name", name, MAX_NAME_LENGTH);
  if (/\p{Cc}/u.test(name)) throw new InvalidFieldError("name", `name ${quote(name)} holds a control character`);
  return name;
}

/** Tells whether a user can have an email: what is no address belongs to nobody, however it would be folded. */
export function isEmail(value: string): boolean {
  return value.length <= MAX_EMAIL_LENGTH && EMAIL.test(value);
}

/** Returns the email as it is. Throws {@link InvalidFieldError}. */
export function checkEmail(value: string): string {
  checkText("email", value, MAX_EMAIL_LENGTH);
  if (isEmail(value)) return value;
  throw new InvalidFieldError("email", `email ${quote(value)} is not an address such as "ann@example.com"`);
}

/** Returns the age as it is. Throws {@link InvalidFieldError}. */
export function checkAge(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= MAX_AGE)) return value;
  throw new InvalidFieldError("age", `age "${value}" is not from 0 to ${MAX_AGE}`);
}

/** Returns the bio as it is. Throws {@link InvalidFieldError}. */
export function checkBio(value: string | undefined): string | undefined {
  if (value === undefined) return value;
  checkText("bio", value, MAX_BIO_LENGTH);
  refuseNul("bio", value);
  return value;
}

/** Throws {@link InvalidFieldError} where a text holds U+0000, which not every database can store. */
export function refuseNul(field: string, value: string): void {
  if (value.includes("\0")) throw new InvalidFieldError(field, `${field} holds the character U+0000`);
}

function checkText(field: string, value: string, max: number): void {
  if (!value.isWellFormed()) throw new InvalidFieldError(field, `${field} ${quote(value)} is not valid unicode`);
  // A character is a code point, as in protovalidate; no text has more of them than UTF-16 units.
  if (value.length <= max) return;
  const length = [...value].length;
  if (length > max)
    throw new InvalidFieldError(field, `${field} ${quote(value)} has ${length} characters, at most ${max}`);
}
