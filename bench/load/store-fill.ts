import { openStore } from "../../server/store/open-store.ts";

/** Fills an empty store with users, ids 1 to `count`. Arguments: the store's URL, the count. */
const [url = "", count = "1"] = process.argv.slice(2);
const PER_WRITE = 10_000;

await using store = await openStore(url);
for (let from = 1; from <= Number(count); from += PER_WRITE) {
  const users = Array.from({ length: Math.min(PER_WRITE, Number(count) - from + 1) }, (_, i) => ({
    name: `User ${from + i}`,
    email: `user-${from + i}@example.com`,
    role: "viewer" as const,
  }));
  await store.write({ kind: "create", time: Date.now(), users });
}
process.send?.({ users: Number(count) });
