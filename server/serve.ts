import { createLogger, isForPeople } from "../host/logger.ts";
import { serveUntilSignal as serveHost } from "../host/serve-until-signal.ts";
import { createApp } from "./app.ts";
import type { Config } from "./config/config.ts";
import { describeAccess, readyLine, readyText } from "./process/ready-text.ts";

/**
 * Serves until the process is told to end by SIGTERM or SIGINT, and resolves once it has drained; a second signal cuts
 * that short. Says on standard output when it is ready. Throws what keeps it from starting: see `startProblem`.
 */
export async function serveUntilSignal(config: Config): Promise<void> {
  const log = createLogger(config);
  // Node's own listener would open its debugger to everybody on this machine.
  process.on("SIGUSR1", () => log.warn("SIGUSR1 opens no debugger here; node --inspect does, from the start"));
  const app = await createApp(config, log);
  await serveHost(app, {
    onReady: addresses =>
      process.stdout.write(
        isForPeople(config) ? readyText(addresses, config) + describeAccess(config) : readyLine(addresses, config),
      ),
  });
}
