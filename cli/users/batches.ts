import { createHash } from "node:crypto";
import type { UserInput } from "../../server/directory/user.ts";
import type { Line } from "../input.ts";

/** Users that are stored together or not at all. */
export interface Batch {
  /** From 0. */
  readonly index: number;
  readonly users: readonly Line<UserInput>[];
  /** Depends on the users and their place alone, so that a repeated import gets the replies of the first. */
  readonly requestId: string;
}

/** Cuts users into batches of `size`. The ids of their requests follow from the users, their place and `salt`. */
export async function* toBatches(
  users: AsyncIterable<Line<UserInput>>,
  size: number,
  salt: string,
): AsyncGenerator<Batch> {
  let index = 0;
  let batch: Line<UserInput>[] = [];
  for await (const user of users) {
    batch.push(user);
    if (batch.length < size) continue;
    yield { index, users: batch, requestId: requestIdOf(batch, index, salt) };
    index++;
    batch = [];
  }
  if (batch.length > 0) yield { index, users: batch, requestId: requestIdOf(batch, index, salt) };
}

/** Returns a UUID of version 8, whose bits are a program's own: https://www.rfc-editor.org/rfc/rfc9562#section-5.8 */
function requestIdOf(users: readonly Line<UserInput>[], index: number, salt: string): string {
  const hash = createHash("sha256").update(JSON.stringify(["concierge users import", salt, index]));
  for (const { value } of users)
    hash.update(JSON.stringify([value.name, value.email, value.role, value.age, value.bio]));
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
