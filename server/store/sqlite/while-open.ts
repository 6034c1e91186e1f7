import { StoreUnavailableError } from "../errors.ts";
import type { Database } from "./database.ts";

/** Runs a read. Throws {@link StoreUnavailableError} where it fails because the connection was closed meanwhile. */
export async function whileOpen<T>(database: Database, read: () => T | Promise<T>): Promise<T> {
  try {
    const answer = read();
    // Most reads are done by now, and waiting costs each of them a turn of the microtask queue.
    return answer instanceof Promise ? await answer : answer;
  } catch (error) {
    if (database.isOpen) throw error;
    throw new StoreUnavailableError("the store is closed", { cause: error });
  }
}
