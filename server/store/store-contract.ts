import { batchesContract } from "./contract/batches.ts";
import type { Driver } from "./contract/driver.ts";
import { historyContract } from "./contract/history.ts";
import { readsContract } from "./contract/reads.ts";
import { writesContract } from "./contract/writes.ts";

/** Declares the tests that every driver of {@link UserStore} passes, on a real database. */
export function storeContract(driver: Driver): void {
  writesContract(driver);
  batchesContract(driver);
  readsContract(driver);
  historyContract(driver);
}
