import { describeAccess } from "./access.ts";
import { createApp } from "./app.ts";
import { type Config, ConfigError } from "./config.ts";
import { PolicyError } from "./interceptors/policy.ts";
import { CertificateError } from "./listener/certificates.ts";
import { createLogger } from "./logger.ts";
import { readyText } from "./ready-text.ts";
import { StoreOpenError } from "./store/errors.ts";

/**
 * Serves until the process is told to end by SIGTERM or SIGINT, and resolves once it has drained; a second signal cuts
 * that short. Says on standard output when it is ready. Throws what keeps it from starting: see {@link startProblem}.
 */
export async function serveUntilSignal(config: Config): Promise<void> {
  const log = createLogger(config);
  await using app = await createApp(config, log);
  process.stdout.write(readyText(await app.listen(), config) + describeAccess(config));
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
  const longest = config.shutdownDelayMs + config.shutdownGraceMs;
  log.info(`${await signalled}: draining for up to ${longest} ms, a second signal cuts that short`);
}

/** What keeps a server from starting, in words for the operator; undefined for an error that nobody expects. */
export function startProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const known = [ConfigError, PolicyError, StoreOpenError, CertificateError].some(type => error instanceof type);
  const { code } = error as NodeJS.ErrnoException;
  return known || code === "EADDRINUSE" || code === "EACCES" ? error.message : undefined;
}
