import { existsSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { logTo } from "../../host/logger.ts";
import { createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config/config.ts";
import type { Gauges } from "./server-process.ts";

// A server in a process of its own, which tells its port, once it has answered its first call, and its gauges when it is
// asked. The limits of its listener, where they are not to be the usual ones, are its first argument, in JSON.
let called = false;
const cuts: Record<string, number> = {};
const log = logTo(
  {
    write(line) {
      if (!called && line.includes('"msg":"call"')) {
        called = true;
        process.send?.({ called });
      } else if (line.includes('"msg":"connection cut"')) {
        const { reason } = JSON.parse(line) as { reason: string };
        cuts[reason] = (cuts[reason] ?? 0) + 1;
      }
    },
  },
  "debug",
);
const app = await createApp(parseConfig(process.env), log, JSON.parse(process.argv[2] ?? "{}"));
const [address] = await app.listen();

process.on("message", async () => {
  const { user, system } = process.cpuUsage();
  // What is garbage is nothing that was kept. Buffers that a first collection finds to be garbage go with the second.
  globalThis.gc?.();
  await setImmediate();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const peakRss = readPeakRss();
  const gauges: Gauges = {
    rss,
    peakRss,
    held: heapUsed + external,
    connections: app.connectionCount(),
    cpu: (user + system) / 1000,
    cuts,
  };
  process.send?.({ gauges });
});
// Nobody is left to ask or to stop it.
process.once("disconnect", () => {
  app.abort();
  void app.close();
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => void app.close().then(() => process.connected && process.disconnect?.()));
}
process.send?.({ port: address?.port });

/** Linux counts into `maxRSS` what the parent had in use when it forked; only its own file tells them apart. */
function readPeakRss(): number {
  const file = "/proc/self/status";
  const [, peak] = (existsSync(file) && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, "utf8"))) || [];
  return (peak === undefined ? process.resourceUsage().maxRSS : Number(peak)) * 1024;
}
