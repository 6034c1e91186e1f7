import type { Driver } from "./contract/driver.ts";
import { openStore } from "./open-store.ts";
import { storeContract } from "./store-contract.ts";

const DRIVERS: readonly Driver[] = [{ name: "sqlite", open: () => openStore("sqlite::memory:") }];

for (const driver of DRIVERS) storeContract(driver);
