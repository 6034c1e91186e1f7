import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { startPostgres } from "../../test/support/postgres.ts";
import { chatContract } from "./contract/chat.ts";
import type { Driver } from "./contract/driver.ts";
import { replicasContract, type SharedDriver } from "./contract/replicas.ts";
import { openStore } from "./open-store.ts";
import type { Port } from "./port.ts";
import { openPostgresStore } from "./postgres/postgres-store.ts";
import { joinSharedFile, openSharedFile } from "./sqlite/shared-file.ts";
import type { FromMember, ToMember } from "./sqlite/shared-messages.ts";
import { storeContract } from "./store-contract.ts";
import type { UserStore } from "./user-store.ts";

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
const shared: SharedDriver = {
  name: "sqlite through one writer",
  open: async () => (await openMembers(1))[0] as UserStore,
  openSeveral: openMembers,
};

for (const driver of [sqlite, postgres, shared]) storeContract(driver);
for (const driver of [postgres, shared]) {
  replicasContract(driver);
  chatContract(driver);
}

/** Opens stores on one new data file, each as a process of its own has it; the last to close lets go of the file. */
async function openMembers(count: number): Promise<UserStore[]> {
  const folder = mkdtempDisposableSync(join(tmpdir(), "concierge-test-"));
  const file = await openSharedFile({ file: join(folder.path, "x.db") });
  let open = count;
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { port1, port2 } = new MessageChannel();
      file.admit(portOf<ToMember, FromMember>(port1));
      const store = await joinSharedFile(file.file, portOf<FromMember, ToMember>(port2));
      let closed: Promise<void> | undefined;
      async function close() {
        await store.close();
        port1.close();
        open -= 1;
        if (open > 0) return;
        await file[Symbol.asyncDispose]();
        folder.remove();
      }
      const closeOnce = () => {
        closed ??= close();
        return closed;
      };
      return { ...store, close: closeOnce, [Symbol.asyncDispose]: closeOnce };
    }),
  );
}

function portOf<Out, In>(port: MessagePort): Port<Out, In> {
  return {
    post: message => port.postMessage(message),
    onMessage: listener => void port.on("message", listener),
    onEnd: listener => void port.once("close", listener),
  };
}
