import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import { createLogger, isForPeople } from "../process/logger.ts";
import { describeAccess, readyLine, readyText } from "../process/ready-text.ts";
import { openShared } from "../store/open-store.ts";
import { Crew } from "./crew.ts";
import { Reception } from "./reception.ts";

/**
 * Serves by as many workers as the settings say, each a process with all services, on one port. Resolves, prints and hears
 * signals as `serveUntilSignal` does. `env` is what `config` was read from. Throws what kept it, or one of the workers, from
 * starting.
 *
 * What only one process can have is here: the signals of the terminal, the port, and, of SQLite, the file's lock and its
 * writer.
 */
export async function supervise(config: Config, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const log = createLogger(config);
  process.on("SIGUSR1", () => log.warn("SIGUSR1 opens no debugger here; node --inspect does, from the start"));
  const { databaseUrl, databasePasswordFile: passwordFile } = config;
  await using shared = await openShared(databaseUrl, { passwordFile, onNotice: text => log.warn(text) });
  const crew = new Crew({ task: { env, workers: config.workers, dataFile: shared?.file }, shared, log });
  await crew.start();
  const reception = await receive(config, crew);
  if (config.tlsCertFile) process.on("SIGHUP", () => crew.tell({ kind: "reload certificates" }));

  const { promise: signalled, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const cut = new AbortController();
  let signals = 0;
  // Listens for good: between two listeners a signal would end the process at once.
  function hear(signal: NodeJS.Signals) {
    if (signals++ === 0) resolve(signal);
    else cut.abort();
  }
  for (const name of ["SIGTERM", "SIGINT"]) process.on(name, hear);
  cut.signal.addEventListener("abort", () => crew.tell({ kind: "abort" }));
  // Not before: whoever reads it may send a signal at once.
  const { addresses } = reception;
  process.stdout.write(
    isForPeople(config) ? readyText(addresses, config) + describeAccess(config) : readyLine(addresses, config),
  );
  crew.announce();
  const { shutdownDelayMs, shutdownGraceMs } = config;
  try {
    const signal = await Promise.race([signalled, crew.hopeless]);
    const longest = shutdownDelayMs + shutdownGraceMs;
    log.info(`${signal}: draining for up to ${longest} ms, a second signal cuts that short`);
    const drained = crew.drain();
    // Connections are taken for as long as workers do.
    await sleep(shutdownDelayMs, undefined, { signal: cut.signal }).catch(() => undefined);
    reception.close();
    if (!(await drained)) process.exitCode = 1;
  } finally {
    reception.close();
  }
  log.info(signals > 1 ? "stopped; what was left was cut" : "stopped");
}

/** Listens, for a crew that is ready, and ends it where that cannot be. */
async function receive({ host, port }: Config, crew: Crew): Promise<Reception> {
  try {
    const reception = await Reception.open(host, port);
    crew.receiveFrom(reception);
    return reception;
  } catch (error) {
    await crew.kill();
    throw error;
  }
}
