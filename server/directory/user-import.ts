import { foldText } from "../store/queries.ts";
import type { NewUser } from "../store/records.ts";
import { InvalidFieldError, quote, TooManyUsersError } from "./errors.ts";
import type { UserInput } from "./user.ts";
import { toNewUser } from "./user-rules.ts";

/** Users of one import, at most. */
export const MAX_IMPORT_USERS = 10_000;

/**
 * Checks users as they arrive and returns them all. Throws at the first that is bad, without waiting for the rest:
 * {@link InvalidFieldError} with its index, also in the text, and also where two of them have one email;
 * {@link TooManyUsersError} above {@link MAX_IMPORT_USERS}.
 */
export async function collectUsers(inputs: AsyncIterable<UserInput> | Iterable<UserInput>): Promise<NewUser[]> {
  const users: NewUser[] = [];
  const indexes = new Map<string, number>();
  for await (const input of inputs) {
    const index = users.length;
    if (index === MAX_IMPORT_USERS) throw new TooManyUsersError(MAX_IMPORT_USERS);
    const user = checkUser(input, index);
    const key = foldText(user.email);
    const twin = indexes.get(key);
    if (twin !== undefined) {
      const message = `user ${index}: email ${quote(user.email)} is that of user ${twin} too`;
      throw new InvalidFieldError("email", message, "INVALID_FIELD", index);
    }
    indexes.set(key, index);
    users.push(user);
  }
  return users;
}

function checkUser(input: UserInput, index: number): NewUser {
  try {
    return toNewUser(input);
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidFieldError(error.field, `user ${index}: ${error.message}`, error.reason, index);
  }
}
