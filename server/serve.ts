import { createLogger, isForPeople } from "../host/logger.ts";
import { serveUntilSignal as serveHost } from "../host/serve-until-signal.ts";
import { createApp } from "./app.ts";
import { type Config, parseConfig } from "./config/config.ts";
import { describeAccess, readyLine, readyText } from "./process/ready-text.ts";

/**
 * Serves as the variables say, in this process or by workers of it, until it is told to end: see {@link serveUntilSignal}.
 * Throws what keeps it from starting, `ConfigError` among it: see `startProblem`.
 */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = parseConfig(env);
  if (config.workers === 1) return serveUntilSignal(config);
  const { supervise } = await import("./workers/supervisor.ts");
  return supervise(config, env);
}

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
