import { createApp } from "./app.ts";
import { type Config, parseConfig } from "./config/config.ts";
import { createLogger, isForPeople } from "./process/logger.ts";
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
  await using app = await createApp(config, log);
  const addresses = await app.listen();
  // Without TLS the signal ends the process, as it does by default.
  if (config.tlsCertFile) process.on("SIGHUP", app.reloadCertificates);

  const { promise: signalled, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;
  // Listens for good: between two listeners a signal would end the process at once.
  function hear(signal: NodeJS.Signals) {
    if (signals++ === 0) resolve(signal);
    else app.abort();
  }
  for (const name of ["SIGTERM", "SIGINT"]) process.on(name, hear);
  // Not before: whoever reads it may send a signal at once.
  process.stdout.write(
    isForPeople(config) ? readyText(addresses, config) + describeAccess(config) : readyLine(addresses, config),
  );
  const longest = config.shutdownDelayMs + config.shutdownGraceMs;
  log.info(`${await signalled}: draining for up to ${longest} ms, a second signal cuts that short`);
  await app.close();
  log.info(signals > 1 ? "stopped; what was left was cut" : "stopped");
}
