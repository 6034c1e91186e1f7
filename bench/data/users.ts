import { constants, copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { NewUser, Role } from "../../server/store/records.ts";
import { openSqliteStore } from "../../server/store/sqlite/sqlite-store.ts";

/** Users of one write, as many as an import may have. */
const BATCH = 10_000;
/** Writes that wait for each other's transaction. */
const IN_FLIGHT = 4;

const givenNames = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Margaret", "Niklaus", "Hedy"];
const familyNames = ["Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson", "Hamilton", "Wirth"];
const roles: readonly Role[] = ["viewer", "viewer", "viewer", "editor", "admin"];

/** The user that gets the id `index + 1`: the same one in every data file. */
export function userAt(index: number): NewUser {
  const given = givenNames[index % givenNames.length];
  const family = familyNames[(index >> 3) % familyNames.length];
  return {
    name: `${given} ${family} ${index}`,
    email: `${given}.${family}.${index}@example.com`.toLowerCase(),
    role: roles[index % roles.length] ?? "viewer",
    age: 18 + (index % 70),
    bio: `Joined as number ${index}, and likes long walks along short functions.`,
  };
}

/** Makes data files in a folder as they are asked for, each once. */
export function createDataFiles(folder: string): (count: number, copy?: string) => Promise<string> {
  return async (count, copy) => {
    const original = join(folder, `users-${count}.db`);
    // The original is never served, so that its copies don't depend on what was written to it.
    if (!existsSync(original)) await fill(original, count);
    const file = join(folder, `users-${count}-${copy ?? "shared"}.db`);
    if (!existsSync(file)) copyFileSync(original, file, constants.COPYFILE_FICLONE);
    return file;
  };
}

async function fill(file: string, count: number): Promise<void> {
  await using store = await openSqliteStore({ file });
  const writing = new Set<Promise<unknown>>();
  for (let start = 0; start < count; start += BATCH) {
    const users = Array.from({ length: Math.min(BATCH, count - start) }, (_, index) => userAt(start + index));
    const write = store.write({ kind: "create", time: Date.now(), users }).then(({ status }) => {
      if (status !== "created") throw new Error(`users from ${start} on were ${status}`);
      writing.delete(write);
    });
    writing.add(write);
    if (writing.size >= IN_FLIGHT) await Promise.race(writing);
  }
  await Promise.all(writing);
}
