import { after } from "node:test";
import { startPostgres } from "../../test/support/postgres.ts";
import { chatContract } from "./contract/chat.ts";
import type { Driver } from "./contract/driver.ts";
import { replicasContract, type SharedDriver } from "./contract/replicas.ts";
import { openStore } from "./open-store.ts";
import { openPostgresStore } from "./postgres/postgres-store.ts";
import { storeContract } from "./store-contract.ts";

const postgresServer = await startPostgres();
after(() => postgresServer[Symbol.asyncDispose]());

/** So long that no test meets it, however busy the machine is. */
const LONG_MS = 600_000;

const sqlite: Driver = { name: "sqlite", open: () => openStore("sqlite::memory:") };
const postgres: SharedDriver = {
  name: "postgres",
  open: async () => openPostgresStore({ url: await postgresServer.createDatabase(), waitMs: LONG_MS }),
  async openSeveral(count) {
    const url = await postgresServer.createDatabase();
    return Promise.all(Array.from({ length: count }, () => openPostgresStore({ url, waitMs: LONG_MS })));
  },
};

for (const driver of [sqlite, postgres]) storeContract(driver);
replicasContract(postgres);
chatContract(postgres);
