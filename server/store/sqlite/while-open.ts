import { StoreUnavailableError } from "../errors.ts";
import type { Database } from "./database.ts";

/** Runs a read. Throws {@link StoreUnavailableError} where it fails because the connection was closed meanwhile. */
export async function whileOpen<T>(database: Database, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (database.isOpen) throw error;
    throw new StoreUnavailableError("the store is closed", { cause: error });
  }
}
