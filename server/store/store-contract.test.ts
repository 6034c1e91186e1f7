import { after } from "node:test";
import { startPostgres } from "../../test/support/postgres.ts";
import { chatContract } from "./contract/chat.ts";
import type { Driver } from "./contract/driver.ts";
import { replicasContract, type SharedDriver } from "./contract/replicas.ts";
import { openStore } from "./open-store.ts";
import { storeContract } from "./store-contract.ts";

const postgresServer = await startPostgres();
after(() => postgresServer[Symbol.asyncDispose]());

const sqlite: Driver = { name: "sqlite", open: () => openStore("sqlite::memory:") };
const postgres: SharedDriver = {
  name: "postgres",
  open: async () => openStore(await postgresServer.createDatabase()),
  async openSeveral(count) {
    const url = await postgresServer.createDatabase();
    return Promise.all(Array.from({ length: count }, () => openStore(url)));
  },
};

for (const driver of [sqlite, postgres]) storeContract(driver);
replicasContract(postgres);
chatContract(postgres);
