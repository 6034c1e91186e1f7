import { openStore } from "../../server/store/open-store.ts";

/** Reads single users from a store, at random. Arguments: the store's URL, how many users it has, how many reads in flight, seconds. */
const [url = "", users = "1", inFlight = "1", seconds = "1"] = process.argv.slice(2);
let read = 0;

await using store = await openStore(url);
const warm = performance.now() + (Number(seconds) * 1000) / 3;
const end = warm + Number(seconds) * 1000;

async function slot() {
  for (let now = 0; now < end; now = performance.now()) {
    const id = 1 + Math.floor(Math.random() * Number(users));
    if ((await store.getUser(id))?.id !== id) throw new Error(`user ${id} was not found`);
    if (now >= warm) read++;
  }
}
await Promise.all(Array.from({ length: Number(inFlight) }, slot));
process.send?.({ rate: (1000 * read) / (performance.now() - warm) });
