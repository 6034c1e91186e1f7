import { createUsers, newUser } from "../contract/driver.ts";
import { openSqliteStore } from "./sqlite-store.ts";

// Creates users two at a time, from many writers at once, and prints the ids that were acknowledged, until it is killed.
const [file = "", round = ""] = process.argv.slice(2);
const store = await openSqliteStore({ file });
await Promise.all(
  Array.from({ length: 16 }, async (_, writer) => {
    for (let i = 0; ; i++) {
      const name = `r${round}-w${writer}-${i}`;
      const ids = await createUsers(store, newUser(name), newUser(`${name}-twin`));
      process.stdout.write(`${ids.join("\n")}\n`);
    }
  }),
);
