import { after } from "node:test";
import { startPostgres } from "../../test/support/postgres.ts";
import type { Driver } from "./contract/driver.ts";
import { openStore } from "./open-store.ts";
import { storeContract } from "./store-contract.ts";

const postgres = await startPostgres();
after(() => postgres[Symbol.asyncDispose]());

const DRIVERS: readonly Driver[] = [
  { name: "sqlite", open: () => openStore("sqlite::memory:") },
  { name: "postgres", open: async () => openStore(await postgres.createDatabase()) },
];

for (const driver of DRIVERS) storeContract(driver);
