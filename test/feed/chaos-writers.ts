import { setTimeout } from "node:timers/promises";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { type DirectoryService, Role } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { Random } from "../support/random.ts";

/** Users that are watched one by one: ids 1 to this. */
export const WATCHED_USERS = 20;

const REFUSALS = new Set([Code.AlreadyExists, Code.NotFound, Code.Aborted, Code.InvalidArgument]);

/** Changes the directory at random until told to stop; returns how many writes were done and how many refused. */
export async function runWriter(
  name: string,
  client: Client<typeof DirectoryService>,
  random: Random,
  isOver: () => boolean,
): Promise<{ done: number; refused: number }> {
  const count = { done: 0, refused: 0 };
  for (let n = 0; !isOver(); n++) {
    if (await orRefused(writeOnce(`${name}-${n}`, client, random))) count.done += 1;
    else count.refused += 1;
    await setTimeout(random.below(300));
  }
  return count;
}

/** Returns whether a write was done; throws where it failed for another reason than that it was refused. */
export async function orRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (reason) {
    if (!REFUSALS.has(ConnectError.from(reason).code)) throw reason;
    return false;
  }
}

async function writeOnce(name: string, client: Client<typeof DirectoryService>, random: Random): Promise<void> {
  const id = String(1 + random.below(random.chance(0.9) ? WATCHED_USERS : 2 * WATCHED_USERS));
  const user = { name, email: `${name}@example.com`, role: random.pick([Role.VIEWER, Role.EDITOR, Role.ADMIN]) };
  const kind = random.below(100);
  if (kind < 30) await client.updateUser({ user: { id, name, role: user.role } });
  else if (kind < 45) await client.reportEvent({ userId: id, type: "login", payload: Buffer.from(name) });
  else if (kind < 60) await client.updateUser({ user: { id, role: user.role } });
  else if (kind < 70) await client.deleteUser({ id });
  else if (kind < 82) await client.undeleteUser({ id });
  else if (kind < 87) await client.createUser({ user });
  // Refused and rolled back: the email is taken, the etag is stale, the second of three users is no good.
  else if (kind < 91) await client.importUsers(toImport([user, { ...user, email: user.email.toUpperCase() }]));
  else if (kind < 94) await client.updateUser({ user: { id, name, etag: "1.0" } });
  else if (kind < 96) await client.importUsers(toImport([user, { ...user, email: "no" }, user]));
  else {
    const size = kind === 99 ? 300 + random.below(300) : 2 + random.below(10);
    await client.importUsers(
      toImport(Array.from({ length: size }, (_, i) => ({ ...user, email: `${i}.${user.email}` }))),
    );
  }
}

async function* toImport<T>(users: readonly T[]): AsyncGenerator<{ user: T }> {
  for (const user of users) yield { user };
}
