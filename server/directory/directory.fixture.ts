import type { TestContext } from "node:test";
import { openStore } from "../store/open-store.ts";
import { START_POSITION } from "../store/records.ts";
import { createDirectory, type Directory } from "./directory.ts";
import type { UserInput } from "./user.ts";

/** An id of a request. */
export const REQUEST = "6f1c2a34-0000-4000-8000-00000000000a";

/** A user to create. */
export const ANN: UserInput = { name: "Ann", email: "ann@example.com" };

/** A directory in memory, with the types of the events that are stored; closed after the test. */
export async function openDirectory(t: TestContext): Promise<Directory & { events(): Promise<string[]> }> {
  const store = await openStore("sqlite::memory:");
  t.after(() => store.close());
  const events = async () => (await store.readEvents(START_POSITION, 1000)).events.map(({ type }) => type);
  return { ...createDirectory({ store }), events };
}
