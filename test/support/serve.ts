import { createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config.ts";
import { logTo } from "../../server/logger.ts";

// A server in a process of its own, which tells its port, and once it has answered its first call.
let called = false;
const log = logTo(
  {
    write(line) {
      if (called || !line.includes('"msg":"call"')) return;
      called = true;
      process.send?.({ called });
    },
  },
  "info",
);
const app = await createApp(parseConfig(process.env), log);
const [address] = await app.listen();
process.send?.({ port: address?.port });
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => void app.close().then(() => process.disconnect?.()));
}
